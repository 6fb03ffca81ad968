/** The keys that the school's owner made. A key is never part of a log, an error or an answer. */
export class ApiKeys {
  readonly #initial: readonly string[];
  #valid: Set<string>;

  constructor(initial: readonly string[]) {
    this.#initial = initial;
    this.#valid = new Set(initial);
  }

  accepts(key: string): boolean {
    return this.#valid.has(key);
  }

  add(key: string): void {
    this.#valid.add(key);
  }

  /** Without a key: all of them. */
  revoke(key?: string): void {
    if (key === undefined) this.#valid.clear();
    else this.#valid.delete(key);
  }

  reset(): void {
    this.#valid = new Set(this.#initial);
  }
}
