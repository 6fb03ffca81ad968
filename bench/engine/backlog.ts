import { Bench } from './bench.ts';
import type { Candidate } from './engines.ts';
import { type Backlog, measureBacklog, measureThroughput, median, round } from './measure.ts';

const baseRepeats = 3;

export interface BacklogReport {
  readonly engine: string;
  readonly base: { readonly msPerRun: number; readonly engineCpuMsPerRun: number | null };
  readonly backlogs: readonly (Backlog & {
    /** What a run costs, ÷ what it costs when 1,000 are queued: in time, and in CPU time of the engine. */
    readonly costRatio: number;
    readonly cpuRatio: number | null;
  })[];
}

/**
 * Does a run cost more when many are queued? Each backlog is laid on a new engine and not waited for.
 *
 * @param runs so many are queued when the base is measured: 1,000 for figures that say something, fewer for a quick look
 */
export async function compareBacklogs(
  candidate: Candidate,
  sizes: readonly number[],
  runs: number,
): Promise<BacklogReport> {
  const lead = Math.ceil(0.6 * runs);
  // Node has compiled what matters then, in the app and in the engine, before the base is measured as before a backlog is.
  const warmUp = 2 * runs;
  const base = await withBench(candidate, warmUp, async (bench) => {
    const small: Backlog[] = [];
    for (let n = 0; n < baseRepeats; n += 1)
      small.push(await measureBacklog(bench, { queued: lead + runs, lead, sample: lead }));
    const cpu = small.map(({ engineCpuMsPerRun }) => engineCpuMsPerRun);
    return {
      msPerRun: median(small.map(({ msPerRun }) => msPerRun)),
      engineCpuMsPerRun: cpu.includes(null) ? null : median(cpu.map(Number)),
    };
  });
  const backlogs: BacklogReport['backlogs'][number][] = [];
  for (const queued of sizes) {
    const sample = Math.min(3 * runs, Math.ceil(queued / 2));
    const backlog = await withBench(candidate, warmUp, (bench) =>
      measureBacklog(bench, { queued, lead, sample }),
    );
    const { engineCpuMsPerRun: cpu, msPerRun } = backlog;
    backlogs.push({
      ...backlog,
      costRatio: round(msPerRun / base.msPerRun),
      cpuRatio: cpu && base.engineCpuMsPerRun ? round(cpu / base.engineCpuMsPerRun) : null,
    });
  }
  return { engine: candidate.name, base, backlogs };
}

async function withBench<T>(
  candidate: Candidate,
  warmUpRuns: number,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const engine = await candidate.start();
  try {
    const bench = await Bench.start(engine, true);
    try {
      await measureThroughput(bench, warmUpRuns);
      return await work(bench);
    } finally {
      await bench.stop();
    }
  } finally {
    await engine.stop();
  }
}
