/**
 * Room in memory that queues share. A queue may take as much as it leaves free, so one alone gets half of it, two a third
 * each, and however many there are a new one still finds some.
 */
export class JobBudget {
  readonly #limit: number;
  used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get free(): number {
    return Math.max(0, this.#limit - this.used);
  }

  /** How many jobs a queue may hold that now has `size` of them; at least `least` in any case. */
  capacityFor(size: number, least: number): number {
    return Math.max(least, Math.floor((this.#limit - (this.used - size)) / 2));
  }
}
