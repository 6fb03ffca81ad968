/** Does work for many things at once, one batch after another. What is added meanwhile is in the next one. */
export class Batches<T> {
  readonly #size: number;
  readonly #work: (items: readonly T[]) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #pending = new Map<string, T>();
  #isWorking = false;
  #isStopped = false;

  /** @param options.onError is told why a batch failed; its items are not tried again by themselves */
  constructor(options: {
    size: number;
    work(items: readonly T[]): Promise<void>;
    onError(error: unknown): void;
  }) {
    this.#size = options.size;
    this.#work = options.work;
    this.#onError = options.onError;
  }

  add(name: string, item: T): void {
    if (this.#isStopped) return;
    this.#pending.set(name, item);
    if (!this.#isWorking) void this.#workAll();
  }

  stop(): void {
    this.#isStopped = true;
    this.#pending.clear();
  }

  async #workAll(): Promise<void> {
    this.#isWorking = true;
    // What is added in the same turn of the event loop belongs together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.size > 0) {
      const batch = [...this.#pending].slice(0, this.#size);
      for (const [name] of batch) this.#pending.delete(name);
      try {
        await this.#work(batch.map(([, item]) => item));
      } catch (error) {
        if (!this.#isStopped) this.#onError(error);
      }
    }
    this.#isWorking = false;
  }
}
