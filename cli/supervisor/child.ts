import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../failure.ts';

/** What a child tells its supervisor, over IPC. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string };

export interface ChildOptions {
  /** For people and for the log file. */
  readonly name: string;
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes; null passes it through to this terminal. */
  readonly logFile: string | null;
  /** Told when it ended by itself and could not be brought back. */
  readonly onGivenUp: (message: string) => void;
}

export interface SupervisedChild {
  /** Where it listens. The same after a restart. */
  readonly url: string;
  readonly pid: number | undefined;
  /** SIGTERM, and SIGKILL when that is not obeyed. */
  stop(): Promise<void>;
}

const cliFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const cliEntry = join(cliFolder, 'courseport.mjs');

const readyTimeoutMs = 120_000;
const stopTimeoutMs = 8_000;
/** A child that dies more often than this in a minute is not brought back. */
const maxRestartsPerMinute = 10;
const restartDelayMs = 250;

/**
 * Starts a process, waits until it says that it is ready, and brings it back when it dies by itself.
 *
 * The process gets a group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops all in
 * order. It ends by itself when the supervisor is gone: its IPC channel closes (see `runService`).
 */
export async function superviseChild(options: ChildOptions): Promise<SupervisedChild> {
  let current: ChildProcess | undefined;
  let stopping = false;
  const deaths: number[] = [];
  const log: WriteStream | null =
    options.logFile === null ? null : createWriteStream(options.logFile, { flags: 'a' });
  log?.on('error', () => undefined);

  function launch(): Promise<string> {
    const child = fork(options.entry, options.args, {
      detached: true,
      execArgv: [],
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log === null ? 'inherit' : 'pipe', log === null ? 'inherit' : 'pipe', 'ipc'],
    });
    current = child;
    if (log !== null) {
      child.stdout?.pipe(log, { end: false });
      child.stderr?.pipe(log, { end: false });
    }

    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new CommandFailure(`Cannot start ${options.name}: it was not ready after ${readyTimeoutMs} ms`),
        );
      }, readyTimeoutMs);
      child.on('message', (message: ChildMessage) => {
        clearTimeout(timer);
        if (message.type === 'ready') resolve(message.url);
        else reject(new CommandFailure(message.message));
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        const how = signal === null ? `exit code ${code}` : signal;
        const where = options.logFile === null ? '' : `, see ${options.logFile}`;
        reject(new CommandFailure(`Cannot start ${options.name}: it ended with ${how}${where}`));
      });
      child.once('error', reject);
    });
  }

  function watch(): void {
    current?.once('exit', () => {
      if (stopping) return;
      void bringBack();
    });
  }

  async function bringBack(): Promise<void> {
    const now = Date.now();
    deaths.push(now);
    while (deaths[0] !== undefined && deaths[0] < now - 60_000) deaths.shift();
    if (deaths.length > maxRestartsPerMinute) {
      options.onGivenUp(`${options.name} died ${deaths.length} times in a minute and was not started again`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, restartDelayMs));
    if (stopping) return;
    try {
      await launch();
      watch();
    } catch {
      // It died again before it was ready; the database may still be on its way back.
      if (!stopping) await bringBack();
    }
  }

  const url = await launch();
  watch();

  return {
    url,
    get pid() {
      return current?.pid;
    },
    async stop() {
      stopping = true;
      const child = current;
      if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
        await ended;
        clearTimeout(timer);
      }
      log?.end();
    },
  };
}
