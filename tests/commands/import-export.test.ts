import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportReport } from '../../src/imports/types.ts';
import { type RunningCommand, runCommand, startCommand, waitForNoProcess } from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const timeoutMs = 240_000;
const key = 'sim-key';

async function startSchool(): Promise<{ school: RunningCommand; apiUrl: string }> {
  const school = startCommand(readmeCommand('npx courseport simulator --port 4010', { '4010': '0' }), {
    dataDir: await temporaryFolder(),
  });
  const [, apiUrl = ''] = await school.waitForOutput(/answers at (http:\S+)/);
  return { school, apiUrl };
}

const importCommand = () => readmeCommand('npx courseport import --course 510001');

describe('courseport import and export', () => {
  it(
    'imports a course with the key from the environment and exports the same bytes each time',
    async () => {
      const { apiUrl } = await startSchool();
      const dataDir = await temporaryFolder();
      const file = join(dataDir, 'report.json');

      const imported = await runCommand([...importCommand(), '--api-url', apiUrl, '--json', file], {
        dataDir,
        env: { TEACHABLE_API_KEY: key },
      });
      expect([0, 3], imported.output).toContain(imported.exitCode);
      expect(imported.stdout).toContain("calls to the school's API");
      const report = JSON.parse(await readFile(file, 'utf8')) as ImportReport;
      const courseId = report.course.id ?? '';
      expect(courseId).toMatch(/^crs_/);

      const outs = [join(dataDir, 'one'), join(dataDir, 'two')];
      for (const out of outs) {
        const exported = await runCommand(
          readmeCommand('npx courseport export --course crs_01EXAMPLE --out my-course', {
            crs_01EXAMPLE: courseId,
            'my-course': out,
          }),
          { dataDir },
        );
        expect(exported.exitCode, exported.output).toBe(0);
      }
      const [one = '', two = ''] = await Promise.all(
        outs.map((out) => readFile(join(out, 'course.json'), 'utf8')),
      );
      expect(one).toBe(two);
      const assets = await readdir(join(outs[0] ?? '', 'assets'));
      expect(assets.length).toBe(report.assets.count - report.assets.deduplicated);

      // No secret has come near the disk, but for the sealed key in the database.
      const logs = await readdir(join(dataDir, 'logs'));
      for (const log of logs) expect(await readFile(join(dataDir, 'logs', log), 'utf8')).not.toContain(key);
      expect(imported.output).not.toContain(key);
      await waitForNoProcess(dataDir);
    },
    timeoutMs,
  );

  it(
    'says what is wrong with the key or the course, and writes nothing',
    async () => {
      const { apiUrl } = await startSchool();
      const dataDir = await temporaryFolder();

      const wrongKey = await runCommand([...importCommand(), '--api-url', apiUrl], {
        dataDir,
        env: { TEACHABLE_API_KEY: 'not-the-key' },
      });
      expect(wrongKey.exitCode).toBe(1);
      expect(wrongKey.output).toContain('[SOURCE_KEY_REJECTED]');
      expect(wrongKey.output).not.toContain('not-the-key');

      const unknown = await runCommand(
        ['npx', 'courseport', 'import', '--course', '99', '--api-url', apiUrl],
        {
          dataDir,
          env: { TEACHABLE_API_KEY: key },
        },
      );
      expect(unknown.exitCode).toBe(1);
      expect(unknown.output).toContain('[SOURCE_NOT_FOUND]');
    },
    timeoutMs,
  );

  it(
    'refuses to export an unknown course, or into a folder that holds something',
    async () => {
      const dataDir = await temporaryFolder();
      const out = join(dataDir, 'out');

      const unknown = await runCommand(
        ['npx', 'courseport', 'export', '--course', 'crs_none', '--out', out],
        {
          dataDir,
        },
      );
      expect(unknown.exitCode).toBe(1);
      expect(unknown.output).toContain('crs_none');
      await expect(readdir(out)).rejects.toThrow('ENOENT');

      const full = await temporaryFolder();
      await writeFile(join(full, 'mine.txt'), 'mine');
      const refused = await runCommand(
        ['npx', 'courseport', 'export', '--course', 'crs_none', '--out', full],
        {
          dataDir,
        },
      );
      expect(refused.exitCode).toBe(1);
      expect(await readdir(full)).toEqual(['mine.txt']);
    },
    timeoutMs,
  );
});
