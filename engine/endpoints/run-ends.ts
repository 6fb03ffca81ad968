/** Tells those who wait for the end of a run that it has come. They ask the database before they wait. */
export class RunEnds {
  readonly #waiting = new Map<string, Set<() => void>>();

  tell(runId: string): void {
    for (const resolve of this.#waiting.get(runId) ?? []) resolve();
  }

  /** Begins to wait. @returns what resolves at the end or after the time; `stop` ends it early and always has to be called */
  wait(runId: string, timeoutMs: number): { readonly ended: Promise<void>; stop(): void } {
    let resolve: () => void = () => undefined;
    const ended = new Promise<void>((onEnd) => {
      resolve = onEnd;
    });
    const timer = setTimeout(resolve, timeoutMs);
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting.add(resolve));
    return {
      ended,
      stop: () => {
        clearTimeout(timer);
        waiting.delete(resolve);
        if (waiting.size === 0) this.#waiting.delete(runId);
        resolve();
      },
    };
  }
}
