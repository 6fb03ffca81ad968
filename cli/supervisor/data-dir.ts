import { mkdir, realpath } from 'node:fs/promises';
import type { Env } from '../../src/env.ts';
import { CommandFailure } from '../failure.ts';

/**
 * Makes the data directory unless it is there, and tells its full path.
 *
 * @throws {CommandFailure} when it is no folder, or cannot be made
 */
export async function openDataDir({ DATA_DIR }: Pick<Env, 'DATA_DIR'>): Promise<string> {
  try {
    await mkdir(DATA_DIR, { recursive: true });
    return await realpath(DATA_DIR);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const state = ['EEXIST', 'ENOTDIR'].includes(code)
      ? 'it is a file, or leads through one'
      : `the file system answered ${code}`;
    throw new CommandFailure(
      `Cannot use the data directory "${DATA_DIR}": ${state}, set DATA_DIR to a folder that can be made and written`,
    );
  }
}
