import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onScopeEnd } from './scope.ts';
import { waitFor } from './wait.ts';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface RunningCommand {
  readonly child: ChildProcess;
  /** What it wrote to standard output and standard error so far, together and in order. */
  output(): string;
  stdout(): string;
  /** Waits for a text in the output and returns the match. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

/** Settings of the machine that runs the tests and that a command must not see. */
const hiddenSettings =
  /^(DATABASE_URL|DATA_DIR|PORT|ENGINE_|INNGEST_|TEACHABLE_|ALLOWED_PRIVATE_HOSTS|ENCRYPTION_KEY|S3_|VITEST|NODE_ENV|CI$)/;

/**
 * Starts a command line in the repository, the way a person types it. It is killed, with all that it started, at the end of
 * the test or file.
 *
 * @param words program and arguments
 * @param options.dataDir `DATA_DIR` for it: also how its processes are found
 */
export function startCommand(
  words: readonly string[],
  options: { readonly dataDir: string; readonly env?: Readonly<Record<string, string>> },
): RunningCommand {
  const [program = '', ...args] = words;
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) if (hiddenSettings.test(name)) delete env[name];
  const child = spawn(program, args, {
    cwd: root,
    env: { ...env, DATA_DIR: options.dataDir, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group, so that the test can send Ctrl-C as a terminal does: to the whole group.
    detached: true,
  });
  let both = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    both += chunk;
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    both += chunk;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  onScopeEnd(async () => {
    for (const { pid } of await processesOf(options.dataDir)) killQuietly(pid);
    if (child.pid !== undefined) killQuietly(-child.pid);
    await ended;
  });

  return {
    child,
    output: () => both,
    stdout: () => stdout,
    ended,
    async waitForOutput(pattern, timeoutMs = 120_000) {
      let over = false;
      void ended.then(() => {
        over = true;
      });
      const found = await waitFor(() => pattern.exec(both) ?? (over ? 'ended' : null), {
        timeoutMs,
        what: `${pattern} in the output of "${words.join(' ')}"`,
      }).catch((error: Error) => {
        throw new Error(`${error.message}; it wrote:\n${both.slice(-3000)}`);
      });
      if (found === 'ended')
        throw new Error(`"${words.join(' ')}" ended without ${pattern}:\n${both.slice(-3000)}`);
      return found;
    },
  };
}

/** Runs a command line to its end. */
export async function runCommand(
  words: readonly string[],
  options: { readonly dataDir: string; readonly env?: Readonly<Record<string, string>> },
): Promise<{ readonly exitCode: number | string; readonly stdout: string; readonly output: string }> {
  const command = startCommand(words, options);
  const exitCode = await command.ended;
  return { exitCode, stdout: command.stdout(), output: command.output() };
}

/**
 * Presses Ctrl-C, which is SIGINT to the command's whole process group, and waits for the end.
 *
 * @throws {Error} when it ended in another way than by 0 or, as npm does after its child has ended, by that signal
 */
export async function stopWithCtrlC(command: RunningCommand): Promise<void> {
  if (command.child.pid !== undefined) process.kill(-command.child.pid, 'SIGINT');
  const ending = await command.ended;
  if (ending !== 0 && ending !== 'SIGINT') throw new Error(`It ended with ${ending}:\n${command.output()}`);
}

export interface FoundProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** Every process that works for this data directory: it has it in its environment, or lives in it (PostgreSQL does). */
export async function processesOf(dataDir: string): Promise<readonly FoundProcess[]> {
  const found: FoundProcess[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const folder = join('/proc', entry);
    const environment = await readFile(join(folder, 'environ'), 'utf8').catch(() => '');
    const workingFolder = await readlink(join(folder, 'cwd')).catch(() => '');
    const belongs =
      environment.split('\0').some((line) => line.startsWith(`DATA_DIR=${dataDir}`)) ||
      workingFolder.startsWith(dataDir);
    if (!belongs) continue;
    const commandLine = await readFile(join(folder, 'cmdline'), 'utf8').catch(() => '');
    // A zombie has no command line: it has ended.
    if (commandLine !== '')
      found.push({ pid: Number(entry), commandLine: commandLine.replaceAll('\0', ' ').trim() });
  }
  return found;
}

/** Waits until nothing works for this data directory any more. */
export async function waitForNoProcess(dataDir: string): Promise<void> {
  let last: readonly FoundProcess[] = [];
  await waitFor(
    async () => {
      last = await processesOf(dataDir);
      return last.length === 0;
    },
    { timeoutMs: 30_000, what: `the processes of ${dataDir} to end` },
  ).catch((error: Error) => {
    throw new Error(
      `${error.message}: ${last.map((found) => `${found.pid} ${found.commandLine}`).join('; ')}`,
    );
  });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
