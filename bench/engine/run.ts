import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedServer } from '../../src/db/embedded.ts';
import { compareBacklogs } from './backlog.ts';
import { compareEngines } from './compare.ts';
import { foreignEngine, nullEngine, ourEngine } from './engines.ts';
import { machineFacts } from './machine.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '2' },
    'fan-out': { type: 'string', default: '500,1000' },
    backlog: { type: 'string', default: '20000,100000' },
    'engine-url': { type: 'string', multiple: true, default: [] },
    'cpu-prof': { type: 'string' },
    json: { type: 'string' },
  },
});
const runs = Number(values.runs);
const plan = { runs, rounds: Number(values.rounds), fanOuts: numbers(values['fan-out'], runs) };
// Fewer for a quick look; its figures say little.
const backlogs = numbers(values.backlog, 100 * runs);
const profile = values['cpu-prof'];
const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];

const machine = machineFacts();
const dataDir = await mkdtemp(join(tmpdir(), 'courseport-bench-engine-'));
const database = await startEmbeddedServer({ dataDir });
try {
  const foreign = values['engine-url'].map(foreignEngine);
  const measured = [ourEngine(database.url, profiling), ...foreign];
  const report = {
    bench: 'engine',
    at: new Date().toISOString(),
    machine,
    plan: { ...plan, backlogs },
    comparisons: [
      ...(await compareEngines([nullEngine, ...measured], true, plan)),
      ...(await compareEngines([nullEngine, ...measured], false, plan)),
    ],
    backlogs: [] as unknown[],
  };
  if (backlogs.length > 0) {
    for (const candidate of measured) report.backlogs.push(await compareBacklogs(candidate, backlogs, runs));
  }
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (values.json) await writeFile(values.json, text);
  process.stdout.write(text);
} finally {
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** A list such as `500,1000`; none of them larger than sense makes beside so few runs. */
function numbers(list: string, max: number): readonly number[] {
  const all = list.split(',').filter(Boolean).map(Number);
  return [...new Set(all.map((number) => Math.min(number, max)))];
}
