import { setTimeout as delay } from 'node:timers/promises';
import { type BenchProcess, startScript } from './processes.ts';

export type Counter = 'three' | 'child' | 'parent';
export type Counts = Readonly<Record<Counter | 'firstStepAtMs', number>>;

/** An app and an engine that know each other, and ways to keep them busy. */
export class Bench {
  readonly engine: BenchProcess;
  readonly #app: BenchProcess;

  private constructor(engine: BenchProcess, app: BenchProcess) {
    this.engine = engine;
    this.#app = app;
  }

  static async start(engine: BenchProcess, checkpointing: boolean): Promise<Bench> {
    const app = await startScript(new URL('app.ts', import.meta.url), [engine.url, String(checkpointing)]);
    const answer = await fetch(`${app.url}/api/inngest`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`Cannot register the app: ${await answer.text()}`);
    return new Bench(engine, app);
  }

  stop(): Promise<void> {
    return this.#app.stop();
  }

  async send(events: readonly object[]): Promise<void> {
    const response = await fetch(`${this.engine.url}/e/bench`, {
      method: 'POST',
      body: JSON.stringify(events),
    });
    if (!response.ok) throw new Error(`Cannot send events: ${await response.text()}`);
    await response.text();
  }

  /** Sends numbered events, as many in one request as told. */
  async sendMany(name: string, count: number, perRequest = 100): Promise<void> {
    for (let sent = 0; sent < count; sent += perRequest) {
      const size = Math.min(perRequest, count - sent);
      await this.send(Array.from({ length: size }, (_, n) => ({ name, data: { n: sent + n } })));
    }
  }

  /** How long it takes until so many more runs have returned than before the work, in ms. */
  async timed(counter: Counter, count: number, work: () => Promise<void>): Promise<number> {
    const counted = (await this.counts())[counter];
    const startMs = performance.now();
    await work();
    await this.waitFor(counter, counted + count, 20);
    return performance.now() - startMs;
  }

  /** How many runs have returned so far. */
  async counts(): Promise<Counts> {
    return (await (await fetch(`${this.#app.url}/counts`)).json()) as Counts;
  }

  /** When the nth run of three steps returned, in ms since 1970. */
  async endedAtMs(nth: number): Promise<number> {
    return (await (await fetch(`${this.#app.url}/ended/${nth}`)).json()) as number;
  }

  async waitFor(
    counter: Counter,
    count: number,
    pollMs: number,
    timeoutMs = Number.POSITIVE_INFINITY,
  ): Promise<Counts> {
    const startMs = performance.now();
    for (;;) {
      const counts = await this.counts();
      if (counts[counter] >= count || performance.now() - startMs > timeoutMs) return counts;
      await delay(pollMs);
    }
  }
}
