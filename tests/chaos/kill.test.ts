import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateSchool, type Simulator, startSimulator } from '../../simulator/main.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import {
  processesOf,
  type RunningCommand,
  root,
  runCommand,
  startCommand,
  waitForNoProcess,
} from '../support/command.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';

const lessons = 24;
const timeoutMs = 300_000;
const courseport = ['node', join(root, 'cli/courseport.mjs')];

/** Slow enough to be caught in the middle, without a limit that would make it longer. */
async function startSlowSchool(): Promise<Simulator> {
  const simulator = await startSimulator({
    port: 0,
    school: generateSchool({ courses: 1, lessons, seed: 7 }),
    faults: { rateLimit: 0, latencyMs: 150, assetLatencyMs: 50 },
  });
  onScopeEnd(() => simulator.stop());
  return simulator;
}

function startImport(school: Simulator, dataDir: string): RunningCommand {
  return startCommand(
    [
      ...courseport,
      'import',
      '--course',
      String(school.school.courses[0]?.id),
      '--api-url',
      school.apiUrl,
      '--json',
      join(dataDir, 'report.json'),
    ],
    { dataDir, env: { TEACHABLE_API_KEY: 'sim-key' } },
  );
}

async function exportOf(dataDir: string): Promise<{ report: ImportReport; course: string }> {
  const report = JSON.parse(await readFile(join(dataDir, 'report.json'), 'utf8')) as ImportReport;
  const out = join(dataDir, 'export');
  const exported = await runCommand(
    [...courseport, 'export', '--course', report.course.id ?? '', '--out', out],
    { dataDir },
  );
  expect(exported.exitCode, exported.output).toBe(0);
  return { report, course: await readFile(join(out, 'course.json'), 'utf8') };
}

/** How many lessons the terminal has shown as done. */
function lessonsDone(command: RunningCommand): number {
  return Number([...command.output().matchAll(/lessons (\d+)\/\d+/g)].at(-1)?.[1] ?? 0);
}

async function kill(dataDir: string, what: string, pattern: RegExp): Promise<void> {
  const victim = await waitFor(
    async () => (await processesOf(dataDir)).find(({ commandLine }) => pattern.test(commandLine)),
    { what: `the process of ${what}` },
  );
  process.kill(victim.pid, 'SIGKILL');
  await waitFor(async () => !(await processesOf(dataDir)).some(({ pid }) => pid === victim.pid), {
    what: `${what} to be dead`,
  });
}

describe('an import during which things are killed', () => {
  it(
    'ends like one that nobody disturbed, whether the worker, the engine or the database dies',
    async () => {
      const school = await startSlowSchool();
      const calmDir = await temporaryFolder();
      const calm = startImport(school, calmDir);
      expect(await calm.ended, calm.output()).toBe(0);
      const undisturbed = await exportOf(calmDir);

      const dataDir = await temporaryFolder();
      const disturbed = startImport(school, dataDir);
      const lessonsReach = (done: number) =>
        waitFor(() => lessonsDone(disturbed) >= done, { timeoutMs: 120_000, what: `${done} lessons` });
      await lessonsReach(3);
      await kill(dataDir, 'the worker', /courseport\.mjs worker/);
      await lessonsReach(8);
      await kill(dataDir, 'the engine', /courseport\.mjs engine/);
      await lessonsReach(13);
      await kill(dataDir, 'the database', /\/postgres -D/);
      expect(await disturbed.ended, disturbed.output()).toBe(0);
      const survived = await exportOf(dataDir);

      expect(survived.course).toBe(undisturbed.course);
      const countsOf = (report: ImportReport) => report.kinds.map(({ kind, found }) => ({ kind, found }));
      expect(countsOf(survived.report)).toEqual(countsOf(undisturbed.report));
      expect(survived.report.import.status).toBe('completed');
      expect(survived.report.kinds.find(({ kind }) => kind === 'lesson')?.found).toBe(lessons);
      await waitForNoProcess(dataDir);
    },
    timeoutMs,
  );

  it(
    'goes on where it was when the whole command is killed and run again',
    async () => {
      const school = await startSlowSchool();
      const dataDir = await temporaryFolder();
      const first = startImport(school, dataDir);
      await waitFor(() => lessonsDone(first) >= 5, { timeoutMs: 120_000, what: '5 lessons' });
      first.child.kill('SIGKILL');
      await first.ended;
      await waitForNoProcess(dataDir);

      const second = startImport(school, dataDir);

      expect(await second.ended, second.output()).toBe(0);
      expect(second.output()).toContain('which is under way already');
      const { report } = await exportOf(dataDir);
      expect(report.import.status).toBe('completed');
      expect(report.kinds.find(({ kind }) => kind === 'lesson')).toMatchObject({ found: lessons, failed: 0 });
    },
    timeoutMs,
  );
});
