import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportReport } from '../../src/imports/types.ts';
import { runCommand, startCommand, stopWithCtrlC, waitForNoProcess } from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const timeoutMs = 240_000;

async function readReport(file: string): Promise<ImportReport> {
  return JSON.parse(await readFile(file, 'utf8')) as ImportReport;
}

describe('npm run demo', () => {
  it(
    'imports the sample course without a browser, twice, duplicates nothing and leaves no process',
    async () => {
      const dataDir = await temporaryFolder();
      const file = join(dataDir, 'report.json');
      const words = readmeCommand('npm run demo -- --headless --json report.json', { 'report.json': file });

      const first = await runCommand(words, { dataDir });
      expect(first.output).toMatch(/lessons \d+\/\d+/);
      expect(first.exitCode, first.output).toBe(0);
      const report = await readReport(file);
      await waitForNoProcess(dataDir);

      expect(report.import.status).toMatch(/^(completed|partial)$/);
      for (const kind of report.kinds) {
        expect(kind.found, kind.kind).toBe(kind.imported + kind.unchanged + kind.skipped + kind.failed);
      }
      expect(report.kinds.find((kind) => kind.kind === 'lesson')?.found).toBeGreaterThanOrEqual(12);
      expect(report.assets.bytes).toBeGreaterThan(0);
      expect(report.engine.runs).toBeGreaterThan(0);

      const second = await runCommand(words, { dataDir });
      expect(second.exitCode, second.output).toBe(0);
      const again = await readReport(file);
      await waitForNoProcess(dataDir);

      expect(again.course.id).toBe(report.course.id);
      expect(again.kinds.map(({ kind, found }) => ({ kind, found }))).toEqual(
        report.kinds.map(({ kind, found }) => ({ kind, found })),
      );
      expect(again.kinds.map((kind) => kind.imported)).toEqual(again.kinds.map(() => 0));
    },
    timeoutMs,
  );

  it(
    'shows the import on pages until Ctrl-C, which leaves no process',
    async () => {
      const dataDir = await temporaryFolder();
      const demo = startCommand(readmeCommand('npm run demo'), {
        dataDir,
        env: { PORT: '0', ENGINE_PORT: '0' },
      });

      const [, address = ''] = await demo.waitForOutput(/watch the import at (http:\S+)/);
      const page = await fetch(address);
      expect(page.status).toBe(200);
      await demo.waitForOutput(/the course is at (http:\S+)/);
      const [, courses = ''] = /the course is at (http:[^\s;]+)/.exec(demo.output()) ?? [];
      expect(await (await fetch(courses)).text()).toMatch(/crs_/);

      await stopWithCtrlC(demo);
      await waitForNoProcess(dataDir);
    },
    timeoutMs,
  );
});
