/** Counts the calls of each key in a month that does not end before `reset()`. Refused calls do not count. */
export class MonthlyQuota {
  #used = new Map<string, number>();

  reset(): void {
    this.#used = new Map();
  }

  /** Counts one call; false when the key has none left. */
  take(key: string, calls: number): boolean {
    const used = this.#used.get(key) ?? 0;
    if (used >= calls) return false;
    this.#used.set(key, used + 1);
    return true;
  }
}
