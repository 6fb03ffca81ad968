import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../tests/support/wait.ts';
import { spawnGuarded } from './guarded-process.ts';
import { isAlive } from './server-process.ts';

const here = { cwd: '/', account: undefined };

describe('a guarded process', () => {
  it('gives its arguments, output and exit code unchanged', async () => {
    const program = spawnGuarded(
      '/bin/sh',
      ['-c', 'echo "$1"; echo oops >&2; exit 7', 'sh', `a "b' $c`],
      here,
    );

    await expect(program.exited).resolves.toBe(7);
    expect(program.output().split('\n').sort()).toEqual([`a "b' $c`, 'oops']);
  });

  it('sees nothing of our environment', async () => {
    const program = spawnGuarded('env', [], here);

    await program.exited;
    const names = program
      .output()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => name?.startsWith('VITEST') || name?.startsWith('npm_'))).toEqual([]);
  });

  it('is interrupted until it ends, for a signal may come before it listens', async () => {
    const program = spawnGuarded(
      process.execPath,
      [
        '-e',
        'let n = 0; process.on("SIGINT", () => ++n === 2 && process.exit(5)); setInterval(console.log, 50)',
      ],
      here,
    );
    await waitFor(() => program.output().length > 0, { what: 'its first output' });

    program.interrupt();

    await expect(program.exited).resolves.toBe(5);
  });

  it('ends when only its guard is killed', async () => {
    const program = spawnGuarded(
      process.execPath,
      [
        '-e',
        'console.log(process.ppid, process.pid); process.on("SIGINT", () => process.exit()); setInterval(() => {}, 1000)',
      ],
      here,
    );
    const [guard, pid] = await waitFor(() => program.output().match(/\d+/g)?.map(Number), {
      what: 'its pids',
    });

    process.kill(guard ?? Number.NaN, 'SIGKILL');
    await program.exited;

    await waitFor(() => !isAlive(pid ?? Number.NaN), { what: 'its end' });
  });

  it('tells when the program does not exist', async () => {
    const program = spawnGuarded('/nowhere/program', [], here);

    await expect(program.exited).resolves.toBe(127);
    expect(program.output()).toContain('/nowhere/program');
  });
});
