import type { Env } from '../src/env.ts';
import { CommandFailure, exitCodes } from './failure.ts';

/**
 * A school's API key, from the environment or from a person; never from the command line, where others could read it.
 *
 * @param purpose completes "Cannot … without an API key"
 * @throws {CommandFailure} when there is none and nobody to ask
 */
export async function askForKey(env: Env, purpose: string): Promise<string> {
  if (env.TEACHABLE_API_KEY !== undefined) return env.TEACHABLE_API_KEY;
  if (!process.stdin.isTTY) {
    throw new CommandFailure(
      `Cannot ${purpose} without an API key: set TEACHABLE_API_KEY (Teachable: Settings > API), or run this at a terminal to be asked for it`,
      exitCodes.usage,
    );
  }
  const { password } = await import('@inquirer/prompts');
  const key = await password(
    { message: 'API key of the school (Teachable: Settings > API)' },
    { output: process.stderr },
  );
  if (key.trim() === '') throw new CommandFailure(`Cannot ${purpose} without an API key`, exitCodes.usage);
  return key.trim();
}
