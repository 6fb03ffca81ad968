import { setTimeout as delay } from 'node:timers/promises';
import { type BenchProcess, startScript, usageOf } from './processes.ts';

export interface Throughput {
  readonly runs: number;
  readonly durationMs: number;
  readonly runsPerSecond: number;
  /** Of the engine's process alone, without PostgreSQL. */
  readonly engineCpuMsPerRun: number | null;
}

export interface Latency {
  readonly runs: number;
  readonly firstStepP50Ms: number;
  readonly wholeRunP50Ms: number;
}

export interface FanOut {
  readonly children: number;
  readonly durationMs: number;
}

type Counter = 'three' | 'child' | 'parent';

/** An app and an engine that know each other. */
export class Bench {
  readonly #engine: BenchProcess;
  readonly #app: BenchProcess;

  private constructor(engine: BenchProcess, app: BenchProcess) {
    this.#engine = engine;
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

  async throughput(runs: number): Promise<Throughput> {
    const before = await usageOf(this.#engine.pid);
    const durationMs = await this.#timed('three', runs, () => this.#sendMany('bench/three', runs));
    const after = await usageOf(this.#engine.pid);
    return {
      runs,
      durationMs: Math.round(durationMs),
      runsPerSecond: round((runs / durationMs) * 1_000),
      engineCpuMsPerRun: before && after ? round((after.cpuMs - before.cpuMs) / runs) : null,
    };
  }

  /** Throughput and the engine's largest memory while a long queue is worked off. */
  async queue(runs: number): Promise<Throughput & { readonly peakResidentBytes: number }> {
    let peakResidentBytes = 0;
    const sampler = setInterval(async () => {
      const usage = await usageOf(this.#engine.pid);
      peakResidentBytes = Math.max(peakResidentBytes, usage?.residentBytes ?? 0);
    }, 200);
    try {
      const throughput = await this.throughput(runs);
      return { ...throughput, peakResidentBytes };
    } finally {
      clearInterval(sampler);
    }
  }

  /** Single-step runs, as the children of a fan-out are. */
  async singleStepRunsPerSecond(runs: number): Promise<number> {
    const durationMs = await this.#timed('child', runs, () => this.#sendMany('bench/child', runs));
    return round((runs / durationMs) * 1_000);
  }

  async latency(runs: number): Promise<Latency> {
    const firstStep: number[] = [];
    const whole: number[] = [];
    for (let n = 0; n < runs; n += 1) {
      const counted = (await this.#counts()).three;
      const startMs = performance.timeOrigin + performance.now();
      await this.#send([{ name: 'bench/three', data: { n } }]);
      const counts = await this.#waitFor('three', counted + 1, 1);
      whole.push(performance.timeOrigin + performance.now() - startMs);
      firstStep.push(counts.firstStepAtMs - startMs);
    }
    return { runs, firstStepP50Ms: median(firstStep), wholeRunP50Ms: median(whole) };
  }

  async fanOut(children: number): Promise<FanOut> {
    const durationMs = await this.#timed('child', children, () =>
      this.#send([{ name: 'bench/parent', data: { children } }]),
    );
    return { children, durationMs: Math.round(durationMs) };
  }

  async #sendMany(name: string, count: number): Promise<void> {
    const batch = 100;
    for (let sent = 0; sent < count; sent += batch) {
      const size = Math.min(batch, count - sent);
      await this.#send(Array.from({ length: size }, (_, n) => ({ name, data: { n: sent + n } })));
    }
  }

  async #timed(counter: Counter, count: number, work: () => Promise<void>): Promise<number> {
    const counted = (await this.#counts())[counter];
    const startMs = performance.now();
    await work();
    await this.#waitFor(counter, counted + count, 20);
    return performance.now() - startMs;
  }

  async #send(events: readonly object[]): Promise<void> {
    const response = await fetch(`${this.#engine.url}/e/bench`, {
      method: 'POST',
      body: JSON.stringify(events),
    });
    if (!response.ok) throw new Error(`Cannot send events: ${await response.text()}`);
    await response.text();
  }

  async #counts(): Promise<Record<Counter | 'firstStepAtMs', number>> {
    return (await (await fetch(`${this.#app.url}/counts`)).json()) as Record<
      Counter | 'firstStepAtMs',
      number
    >;
  }

  async #waitFor(
    counter: Counter,
    count: number,
    pollMs: number,
  ): Promise<Record<Counter | 'firstStepAtMs', number>> {
    for (;;) {
      const counts = await this.#counts();
      if (counts[counter] >= count) return counts;
      await delay(pollMs);
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
