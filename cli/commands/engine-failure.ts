import { DatabaseNotOpened, LockTaken } from '../../engine/main.ts';
import type { Env } from '../../src/env.ts';
import { CommandFailure } from '../failure.ts';

/** What kept the engine from starting, with the name of the setting that changes it. Anything else stays as it is. */
export function explainStart(
  error: unknown,
  { DATABASE_URL }: Pick<Env, 'DATABASE_URL'>,
  dataDir: string,
): unknown {
  if (error instanceof DatabaseNotOpened && DATABASE_URL !== undefined) {
    return new CommandFailure(
      `Cannot reach the database at ${error.address}: ${error.reason}, check DATABASE_URL and whether PostgreSQL takes connections there`,
    );
  }
  if (!(error instanceof LockTaken)) return error;
  return new CommandFailure(
    DATABASE_URL === undefined
      ? `Cannot start the engine in ${dataDir}: another engine works there, stop that one first or set DATA_DIR to another folder`
      : 'Cannot start the engine: another engine works on the database, stop that one first, wait for it with --standby, or set DATABASE_URL to another database',
  );
}
