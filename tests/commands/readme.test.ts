import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/command.ts';
import { readmeCommand, readmeCommands } from '../support/readme.ts';

/** The command that runs this very test. */
const runsThis = 'npm test';

describe('the README', () => {
  it('has no command that no test runs', async () => {
    const folder = join(root, 'tests');
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.test.ts'));
    const sources = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const tested = sources.flatMap((source) =>
      [...source.matchAll(/readmeCommand\(\s*'([^']+)'/g)].map((match) => match[1]),
    );

    const untested = readmeCommands().filter((command) => command !== runsThis && !tested.includes(command));

    expect(readmeCommands().length).toBeGreaterThan(5);
    expect(untested).toEqual([]);
  });

  it('is what .ci/run obeys', async () => {
    const script = await readFile(join(root, '.ci/run'), 'utf8');

    expect(readmeCommands()).toContain(runsThis);
    expect(script).toContain(runsThis);
  });

  it('names only files and folders that exist', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');

    for (const target of targets) {
      await expect(
        readFile(join(root, target)).catch((error: NodeJS.ErrnoException) => error.code),
        target,
      ).resolves.not.toBe('ENOENT');
    }
  });

  it('refuses to hand out a command that it does not have', () => {
    expect(() => readmeCommand('npm run nonsense')).toThrow('The README has no command');
  });
});
