import type { Bench } from './bench.ts';
import { usageOf } from './processes.ts';

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

export interface Backlog {
  readonly queued: number;
  readonly acceptedPerSecond: number;
  /** What is left of the queue is not waited for. */
  readonly measuredRuns: number;
  readonly msPerRun: number;
  readonly engineCpuMsPerRun: number | null;
  readonly peakResidentBytes: number | null;
}

/** Runs of 3 steps, sent at once. */
export async function measureThroughput(bench: Bench, runs: number): Promise<Throughput> {
  const before = await usageOf(bench.engine.pid);
  const durationMs = await bench.timed('three', runs, () => bench.sendMany('bench/three', runs));
  const after = await usageOf(bench.engine.pid);
  return {
    runs,
    durationMs: Math.round(durationMs),
    runsPerSecond: round((runs / durationMs) * 1_000),
    engineCpuMsPerRun: before && after ? round((after.cpuMs - before.cpuMs) / runs) : null,
  };
}

/** Single-step runs, as the children of a fan-out are. */
export async function measureSingleStepRunsPerSecond(bench: Bench, runs: number): Promise<number> {
  const durationMs = await bench.timed('child', runs, () => bench.sendMany('bench/child', runs));
  return round((runs / durationMs) * 1_000);
}

/** Runs of 3 steps, the next one sent when the last has returned. */
export async function measureLatency(bench: Bench, runs: number): Promise<Latency> {
  const firstStep: number[] = [];
  const whole: number[] = [];
  for (let n = 0; n < runs; n += 1) {
    const counted = (await bench.counts()).three;
    const startMs = performance.timeOrigin + performance.now();
    await bench.send([{ name: 'bench/three', data: { n } }]);
    const counts = await bench.waitFor('three', counted + 1, 1);
    whole.push(performance.timeOrigin + performance.now() - startMs);
    firstStep.push(counts.firstStepAtMs - startMs);
  }
  return { runs, firstStepP50Ms: median(firstStep), wholeRunP50Ms: median(whole) };
}

/** A run whose one step sends an event for each of its children, which have one step themselves. */
export async function measureFanOut(bench: Bench, children: number): Promise<FanOut> {
  const durationMs = await bench.timed('child', children, () =>
    bench.send([{ name: 'bench/parent', data: { children } }]),
  );
  return { children, durationMs: Math.round(durationMs) };
}

const eventsPerRequest = 1_000;
const memorySampleMs = 100;
/** For engines that are overwhelmed. */
const backlogTimeoutMs = 60_000;
/**
 * What a run costs while very many are queued.
 *
 * @param plan.lead runs that return before the measurement begins: more than are under way at once, for those that were begun
 *   while events were still accepted would make a small sample look cheaper than a large one
 * @param plan.sample runs that are measured
 */
export async function measureBacklog(
  bench: Bench,
  { queued, lead, sample }: { readonly queued: number; readonly lead: number; readonly sample: number },
): Promise<Backlog> {
  const { pid } = bench.engine;
  let peakBytes = 0;
  const sampler = setInterval(async () => {
    peakBytes = Math.max(peakBytes, (await usageOf(pid))?.residentBytes ?? 0);
  }, memorySampleMs);
  try {
    const sentAtMs = performance.now();
    await bench.sendMany('bench/three', queued, eventsPerRequest);
    const acceptedAtMs = performance.now();
    const first = (await bench.counts()).three + lead;
    const before = {
      ...(await bench.waitFor('three', first, 20, backlogTimeoutMs)),
      ...(await usageOf(pid)),
    };
    const after = {
      ...(await bench.waitFor('three', first + sample, 20, backlogTimeoutMs)),
      ...(await usageOf(pid)),
    };
    // Fewer when the engine is overwhelmed.
    const last = Math.min(first + sample, after.three);
    const durationMs = (await bench.endedAtMs(last)) - (await bench.endedAtMs(first));
    return {
      queued,
      acceptedPerSecond: Math.round((queued / (acceptedAtMs - sentAtMs)) * 1_000),
      measuredRuns: last - first,
      msPerRun: round(durationMs / (last - first)),
      engineCpuMsPerRun:
        before.cpuMs === undefined || after.cpuMs === undefined
          ? null
          : round((after.cpuMs - before.cpuMs) / (after.three - before.three)),
      peakResidentBytes: pid === null ? null : peakBytes,
    };
  } finally {
    clearInterval(sampler);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
