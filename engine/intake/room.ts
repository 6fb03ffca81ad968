/** Room for a limited amount of work at a time. What does not fit waits until what came before it has gone. */
export class Room {
  readonly #size: number;
  #used = 0;
  readonly #waiting: { readonly amount: number; enter(): void }[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** @param amount more than there is room for counts as all of it */
  async use<T>(amount: number, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(amount, this.#size);
    if (this.#waiting.length > 0 || this.#used + taken > this.#size) {
      await new Promise<void>((resolve) => this.#waiting.push({ amount: taken, enter: resolve }));
    } else {
      this.#used += taken;
    }
    try {
      return await work();
    } finally {
      this.#used -= taken;
      this.#admit();
    }
  }

  #admit(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#used + next.amount > this.#size) return;
      this.#waiting.shift();
      this.#used += next.amount;
      next.enter();
    }
  }
}
