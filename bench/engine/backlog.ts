import { Bench } from './bench.ts';
import type { Candidate } from './engines.ts';
import { type Backlog, measureBacklog, measureThroughput, median, round } from './measure.ts';

/** Small enough that the queue never matters. */
const baseQueued = 1_000;
const baseSample = 600;
const baseRepeats = 3;
const maxSample = 3_000;

export interface BacklogReport {
  readonly engine: string;
  readonly base: { readonly msPerRun: number; readonly engineCpuMsPerRun: number | null };
  readonly backlogs: readonly (Backlog & {
    /** What a run costs, ÷ what it costs when 1,000 are queued: in time, and in CPU time of the engine. */
    readonly costRatio: number;
    readonly cpuRatio: number | null;
  })[];
}

/** Does a run cost more when many are queued? Each backlog is laid on a new engine and not waited for. */
export async function compareBacklogs(
  candidate: Candidate,
  sizes: readonly number[],
): Promise<BacklogReport> {
  const base = await withBench(candidate, async (bench) => {
    const small: Backlog[] = [];
    for (let n = 0; n < baseRepeats; n += 1) small.push(await measureBacklog(bench, baseQueued, baseSample));
    const cpu = small.map(({ engineCpuMsPerRun }) => engineCpuMsPerRun);
    return {
      msPerRun: median(small.map(({ msPerRun }) => msPerRun)),
      engineCpuMsPerRun: cpu.includes(null) ? null : median(cpu.map(Number)),
    };
  });
  const backlogs: BacklogReport['backlogs'][number][] = [];
  for (const size of sizes) {
    const sample = Math.min(maxSample, Math.ceil(size / 2));
    const backlog = await withBench(candidate, (bench) => measureBacklog(bench, size, sample));
    const { engineCpuMsPerRun: cpu, msPerRun } = backlog;
    backlogs.push({
      ...backlog,
      costRatio: round(msPerRun / base.msPerRun),
      cpuRatio: cpu && base.engineCpuMsPerRun ? round(cpu / base.engineCpuMsPerRun) : null,
    });
  }
  return { engine: candidate.name, base, backlogs };
}

async function withBench<T>(candidate: Candidate, work: (bench: Bench) => Promise<T>): Promise<T> {
  const engine = await candidate.start();
  try {
    const bench = await Bench.start(engine, true);
    try {
      await measureThroughput(bench, 300);
      return await work(bench);
    } finally {
      await bench.stop();
    }
  } finally {
    await engine.stop();
  }
}
