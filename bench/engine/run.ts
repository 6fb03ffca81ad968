import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedServer } from '../../src/db/embedded.ts';
import { Bench, round } from './measure.ts';
import { type BenchProcess, startScript } from './processes.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    queued: { type: 'string' },
    json: { type: 'string' },
  },
});
const runs = Number(values.runs);
// Fewer for a quick look; its figures say little.
const warmUpRuns = Math.min(300, runs);
const latencyRuns = Math.min(100, runs);
const children = Math.min(500, runs);

async function measure(engine: BenchProcess, checkpointing: boolean) {
  const bench = await Bench.start(engine, checkpointing);
  try {
    await bench.throughput(warmUpRuns);
    return {
      throughput: await bench.throughput(runs),
      latency: await bench.latency(latencyRuns),
      singleStepRunsPerSecond: await bench.singleStepRunsPerSecond(children),
      fanOut: await bench.fanOut(children),
    };
  } finally {
    await bench.stop();
  }
}

async function compare(databaseUrl: string, checkpointing: boolean) {
  const nullEngine = await startScript(new URL('null-engine.ts', import.meta.url), []);
  const ceiling = await measure(nullEngine, checkpointing);
  await nullEngine.stop();

  const ourEngine = await startScript(new URL('our-engine.ts', import.meta.url), [databaseUrl]);
  const ours = await measure(ourEngine, checkpointing);
  await ourEngine.stop();

  const fanOutLimitMs = (1_000 * children) / ceiling.singleStepRunsPerSecond;
  return {
    checkpointing,
    nullEngine: ceiling,
    ourEngine: ours,
    /** Wanted: throughput ≥ 0.85, first step ≤ 5 ms, whole run ≤ 2, fan-out ≤ 1.2. */
    ratios: {
      throughput: round(ours.throughput.runsPerSecond / ceiling.throughput.runsPerSecond),
      firstStepP50Ms: ours.latency.firstStepP50Ms,
      wholeRun: round(ours.latency.wholeRunP50Ms / ceiling.latency.wholeRunP50Ms),
      fanOut: round(ours.fanOut.durationMs / fanOutLimitMs),
    },
  };
}

/** Does a run cost more when many are queued before it? Wanted: at most 1.1 times, within 300 MB. */
async function measureQueue(databaseUrl: string, queued: number) {
  const engine = await startScript(new URL('our-engine.ts', import.meta.url), [databaseUrl]);
  const bench = await Bench.start(engine, true);
  try {
    await bench.throughput(warmUpRuns);
    const short = await bench.queue(1_000);
    const long = await bench.queue(queued);
    return { short, long, costRatio: round(long.durationMs / long.runs / (short.durationMs / short.runs)) };
  } finally {
    await bench.stop();
    await engine.stop();
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'courseport-bench-engine-'));
const database = await startEmbeddedServer({ dataDir });
try {
  const results = [await compare(database.url, true), await compare(database.url, false)];
  const queue = values.queued === undefined ? null : await measureQueue(database.url, Number(values.queued));
  const text = `${JSON.stringify({ bench: 'engine', node: process.version, results, queue }, null, 2)}\n`;
  if (values.json) await writeFile(values.json, text);
  process.stdout.write(text);
} finally {
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}
