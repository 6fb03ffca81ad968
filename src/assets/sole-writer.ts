/** Ends an earlier attempt whose file a later one has taken over. Its file is not its own any more. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

interface Writer {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

const writers = new Map<string, Writer>();

/**
 * Runs work that writes to a file of a fixed name, alone in this process. An engine that was restarted calls a step again whose
 * first call is still being worked on: the earlier one is stopped, and the later one begins when it has ended.
 *
 * @param work has to end soon once its signal is aborted
 * @throws {Superseded} when a later call took over before the work began; else what the work throws
 */
export async function asSoleWriter<T>(path: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const earlier = writers.get(path);
  const stop = new AbortController();
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const writer = { stop, ended };
  writers.set(path, writer);
  try {
    earlier?.stop.abort(new Superseded());
    await earlier?.ended;
    stop.signal.throwIfAborted();
    return await work(stop.signal);
  } finally {
    if (writers.get(path) === writer) writers.delete(path);
    end();
  }
}
