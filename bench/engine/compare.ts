import { Bench } from './bench.ts';
import type { Candidate } from './engines.ts';
import {
  type FanOut,
  type Latency,
  measureFanOut,
  measureLatency,
  measureSingleStepRunsPerSecond,
  measureThroughput,
  round,
  type Throughput,
} from './measure.ts';

export interface Plan {
  /** Of one burst. */
  readonly runs: number;
  readonly fanOuts: readonly number[];
  /** Each engine is measured so often, in turns with the others; its best figures count. */
  readonly rounds: number;
}

export interface Figures {
  readonly throughput: Throughput;
  readonly latency: Latency;
  readonly singleStepRunsPerSecond: number;
  readonly fanOut: readonly FanOut[];
}

/** An engine's figures beside those of the null engine in the same mode. */
export interface Comparison {
  readonly engine: string;
  readonly checkpointing: boolean;
  readonly figures: Figures;
  readonly ratios: {
    readonly throughput: number;
    readonly firstStepP50Ms: number;
    readonly wholeRun: number;
    /** By the number of children. */
    readonly fanOut: Readonly<Record<string, number>>;
  };
}

/** @param candidates the first one is the ceiling that the others are compared with */
export async function compareEngines(
  candidates: readonly Candidate[],
  checkpointing: boolean,
  plan: Plan,
): Promise<readonly Comparison[]> {
  const all = candidates.map((candidate) => ({ candidate, rounds: [] as Figures[] }));
  for (let n = 0; n < plan.rounds; n += 1) {
    for (const { candidate, rounds } of all) rounds.push(await measure(candidate, checkpointing, plan));
  }
  const [ceiling, ...others] = all.map(({ candidate, rounds }) => ({
    engine: candidate.name,
    figures: best(rounds),
  }));
  if (ceiling === undefined) return [];
  return [ceiling, ...others].map(({ engine, figures }) => ({
    engine,
    checkpointing,
    figures,
    ratios: ratiosOf(figures, ceiling.figures),
  }));
}

async function measure(candidate: Candidate, checkpointing: boolean, plan: Plan): Promise<Figures> {
  const { runs, fanOuts } = plan;
  const engine = await candidate.start();
  try {
    const bench = await Bench.start(engine, checkpointing);
    try {
      await measureThroughput(bench, Math.min(300, runs));
      const throughput = await measureThroughput(bench, runs);
      const latency = await measureLatency(bench, Math.min(100, runs));
      const singleStepRunsPerSecond = await measureSingleStepRunsPerSecond(bench, runs);
      const fanOut: FanOut[] = [];
      for (const children of fanOuts) fanOut.push(await measureFanOut(bench, children));
      return { throughput, latency, singleStepRunsPerSecond, fanOut };
    } finally {
      await bench.stop();
    }
  } finally {
    await engine.stop();
  }
}

/** Each figure on its own: what disturbs a round makes it worse, nothing makes it better. */
function best(rounds: readonly Figures[]): Figures {
  return rounds.reduce((a, b) => ({
    throughput: a.throughput.durationMs <= b.throughput.durationMs ? a.throughput : b.throughput,
    latency: {
      runs: a.latency.runs,
      firstStepP50Ms: Math.min(a.latency.firstStepP50Ms, b.latency.firstStepP50Ms),
      wholeRunP50Ms: Math.min(a.latency.wholeRunP50Ms, b.latency.wholeRunP50Ms),
    },
    singleStepRunsPerSecond: Math.max(a.singleStepRunsPerSecond, b.singleStepRunsPerSecond),
    fanOut: a.fanOut.map(({ children, durationMs }, n) => ({
      children,
      durationMs: Math.min(durationMs, b.fanOut[n]?.durationMs ?? durationMs),
    })),
  }));
}

function ratiosOf(figures: Figures, ceiling: Figures): Comparison['ratios'] {
  const fanOut = figures.fanOut.map(({ children, durationMs }) => {
    const ceilingMs = (1_000 * children) / ceiling.singleStepRunsPerSecond;
    return [String(children), round(durationMs / ceilingMs)];
  });
  return {
    throughput: round(figures.throughput.runsPerSecond / ceiling.throughput.runsPerSecond),
    firstStepP50Ms: figures.latency.firstStepP50Ms,
    wholeRun: round(figures.latency.wholeRunP50Ms / ceiling.latency.wholeRunP50Ms),
    fanOut: Object.fromEntries(fanOut),
  };
}
