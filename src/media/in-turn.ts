let last: Promise<unknown> = Promise.resolve();

/** Runs work that takes much memory and time once everything that was given before has ended: one at a time in this process. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}
