import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { run as runMain } from '../../cli/main.ts';
import { root, runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A command line that ends before it starts anything: in this process, for there are many of them. */
async function run(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  vi.stubEnv('TEACHABLE_API_KEY', undefined);
  const exitCode = await runMain(['node', 'courseport', ...args]);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  return { exitCode, stdout: written.stdout, output: written.stdout + written.stderr };
}

describe('courseport', () => {
  it.each([
    'demo',
    'start',
    'dev',
    'import',
    'imports',
    'export',
    'redirects',
    'engine',
    'simulator',
    'worker',
    'web',
  ])('explains %s with --help', async (command) => {
    const { exitCode, stdout } = await run(command, '--help');

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: courseport ${command}`);
  });

  it('lists its commands when it is called without one, as a wrong use', async () => {
    const { exitCode, output } = await run();

    expect(exitCode).toBe(2);
    expect(output).toContain('import [options]');
  });

  it.each([
    { args: ['fly'], says: "unknown command 'fly'" },
    { args: ['import'], says: "required option '--course <id>' not specified" },
    { args: ['import', '--course', '1', '--api-key', 'x'], says: "unknown option '--api-key'" },
    { args: ['import', '--course', '1', '--api-url', 'ftp://x'], says: 'http:// or https:// address' },
    { args: ['engine', '--sdk-url', 'http://127.0.0.1:1/x', '--port', '70000'], says: 'from 0 to 65535' },
    { args: ['engine', '--bogus'], says: "unknown option '--bogus'" },
    { args: ['engine', 'extra'], says: "too many arguments for 'engine'" },
    { args: ['engine', '--sdk-url', 'http://127.0.0.1:1/x', '--log-level', 'loud'], says: 'Allowed choices' },
    { args: ['engine', '--sdk-url', 'http://127.0.0.1:1/x', '--max-calls', '0'], says: 'from 1 to 10000' },
    { args: ['engine', '--max-steps', '20000'], says: 'from 1 to 10000' },
    { args: ['engine', '--history-days', '40000'], says: 'from 1 to 36500' },
    { args: ['engine', '--retry-interval', '90000'], says: 'from 0.001 to 86400' },
    { args: ['simulator', '--courses', 'many'], says: 'whole number of at least 1' },
    { args: ['import', '--course', '1'], says: 'set TEACHABLE_API_KEY' },
    { args: ['imports', 'pause'], says: "missing required argument 'id'" },
    { args: ['imports', 'fly', 'imp_1'], says: "unknown command 'fly'" },
    { args: ['imports', 'replace-key', 'imp_1', '--key', 'x'], says: "unknown option '--key'" },
    { args: ['imports', 'replace-key', 'imp_1'], says: 'set TEACHABLE_API_KEY' },
    { args: ['imports', 'monthly-calls', 'imp_1', 'many'], says: 'or none' },
    { args: ['imports', 'roll-back', 'imp_1'], says: 'confirm with --yes' },
  ])('answers $args with one line and exit code 2', async ({ args, says }) => {
    const { exitCode, output } = await run(...args);

    expect(output).toContain(says);
    expect(output.split('\n').filter((line) => line.startsWith('courseport: '))).toHaveLength(1);
    expect(exitCode).toBe(2);
  });
});

it('tells the shell its exit code', async () => {
  const words = ['node', join(root, 'cli/courseport.mjs'), 'fly'];

  expect(await runCommand(words, { dataDir: await temporaryFolder() })).toMatchObject({ exitCode: 2 });
});

it('reads a .env of the folder where it is started, for all its processes, and lets the environment win', async () => {
  const dataDir = await temporaryFolder();
  await writeFile(join(dataDir, '.env'), 'LOG_LEVEL=loud\nPORT=99999\n');
  const entry = join(root, 'cli/courseport.mjs');
  const start = ['sh', '-c', `cd ${dataDir} && exec node ${entry} start`];

  const { exitCode, output } = await runCommand(start, { dataDir, env: { PORT: '0' } });

  expect(exitCode).toBe(1);
  expect(output).toContain('LOG_LEVEL: ');
  expect(output).not.toContain('PORT: ');
});
