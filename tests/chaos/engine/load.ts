import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kind, kinds } from './functions.ts';
import type { Random } from './random.ts';

const retryMs = 50;
const concurrencyKeys = 3;

/** Sends events until each is acknowledged, under an id that makes repetitions harmless. */
export class Load {
  readonly #engineUrl: string;
  readonly #random: Random;
  readonly #sending: Promise<void>[] = [];
  #last = 0;
  #isAborted = false;

  constructor(engineUrl: string, random: Random) {
    this.#engineUrl = engineUrl;
    this.#random = random;
  }

  /** How many events of each kind were sent: they are numbered from 1. */
  get count(): number {
    return this.#last;
  }

  /** Begins to send one event of each kind. */
  send(): void {
    this.#last += 1;
    for (const kind of kinds) this.#sending.push(this.#sendOne(kind, this.#last));
  }

  /** Resolves when all events were acknowledged. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Sends what runs of the kind `waiter` wait for. */
  async answer(waiters: readonly number[]): Promise<void> {
    await Promise.all(waiters.map((n) => this.#post({ name: 'chaos/answer', data: { n } }, newSeed())));
  }

  abort(): void {
    this.#isAborted = true;
  }

  async #sendOne(kind: Kind, n: number): Promise<void> {
    const data = { n, key: `key-${n % concurrencyKeys}` };
    // Either the sender names the event, or the request has a seed for its id, as every SDK's has.
    const id = this.#random.chance(0.5) ? { id: `${kind}-${n}` } : {};
    const isRepeated = this.#random.chance(0.1);
    const event = { name: `chaos/${kind}`, data, ...id };
    const seed = newSeed();
    await this.#post(event, seed);
    if (isRepeated) await this.#post(event, seed);
    if (kind === 'sleeper') await this.#post({ name: 'chaos/cancel', data }, newSeed());
  }

  async #post(event: object, seed: string): Promise<void> {
    while (!this.#isAborted) {
      try {
        const response = await fetch(`${this.#engineUrl}/e/any`, {
          method: 'POST',
          headers: { 'x-inngest-event-id-seed': seed },
          body: JSON.stringify(event),
        });
        await response.text();
        if (response.ok) return;
      } catch {
        // The engine is dead. Whether it had stored the event nobody knows.
      }
      await delay(retryMs);
    }
  }
}

function newSeed(): string {
  return `${Date.now()},${randomBytes(10).toString('base64')}`;
}
