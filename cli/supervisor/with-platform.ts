import type { Env } from '../../src/env.ts';
import { exitCodes } from '../failure.ts';
import { joinPlatform } from './join-platform.ts';

/**
 * Does a command's work on the platform of the data directory (see `joinPlatform`), whose settings are in the environment
 * meanwhile. Ctrl-C, or the end of the platform, aborts it.
 *
 * @param options.whenStopped what the person can do then, for the terminal
 * @returns the work's exit code, or that of an interruption
 */
export async function withPlatform(
  options: {
    readonly command: string;
    readonly env: Env;
    readonly extraEnv: Readonly<Record<string, string>>;
    readonly whenStopped: string;
  },
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());

  const platform = await joinPlatform({
    ...options,
    onStep: (line) => process.stderr.write(`courseport: ${line}\n`),
    onGivenUp: (message) => {
      process.stderr.write(`courseport: ${message}\n`);
      stop.abort();
    },
  });
  try {
    stop.signal.throwIfAborted();
    Object.assign(process.env, platform.processEnv);
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(`courseport: stopped; ${options.whenStopped}\n`);
    return exitCodes.interrupted;
  } finally {
    await platform.stop();
  }
}
