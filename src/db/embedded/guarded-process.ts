import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Account } from './account.ts';

/**
 * Runs "$@" and lives exactly as long. A watcher reads our pipe: at its end, be it on purpose or because we died, it
 * interrupts the program until that is gone (a signal that arrives before the program listens is lost, so once is not
 * enough).
 */
const guardScript = `
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
(read -r _ <&3; while kill -INT "$program"; do sleep 1; done) >/dev/null 2>&1 &
watcher=$!
wait "$program"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`;

const keptLines = 50;

export interface GuardedProcess {
  /** The exit code of the program, 128 + n when signal n ended it. Never rejects; 126 or 127 when it could not start. */
  readonly exited: Promise<number>;
  /** The last lines that the program wrote to stdout and stderr. */
  output(): string;
  /** Asks the program to end, the way it is asked when this process dies: by SIGINT. */
  interrupt(): void;
}

/**
 * Starts a program that cannot outlive this process, even when this process is killed by SIGKILL. It has a session of
 * its own, so that Ctrl-C on the terminal does not reach it before its clients have ended.
 */
export function spawnGuarded(
  command: string,
  args: readonly string[],
  options: { cwd: string; account: Account | undefined; onLine?: (line: string) => void },
): GuardedProcess {
  const child = spawn('/bin/sh', ['-c', guardScript, 'guard', command, ...args], {
    cwd: options.cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      // Little of our own environment: it holds secrets, and PG* variables would change what the program does.
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      NODE_ENV: process.env.NODE_ENV, // Next.js declares it to be everywhere
      LC_ALL: 'C',
      TZ: 'UTC',
    },
    ...options.account,
  });
  // Writing to a program that is already gone is no error of ours.
  child.stdin.on('error', () => {});

  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      options.onLine?.(line);
    });
  }

  const exited = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      lines.push(`error: ${error.message}`);
      resolve(126);
    });
    child.once('close', (code) => resolve(code ?? 137));
    // When only the guard was killed, this makes its watcher end the program.
    child.once('exit', () => child.stdin.destroy());
  });

  return { exited, output: () => lines.join('\n'), interrupt: () => child.stdin.destroy() };
}
