import type { Context } from '../../src/context.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { Env } from '../../src/env.ts';
import { joinDatabase } from './join-platform.ts';

/** Does a command's work on the database of the data directory alone: work for which no job has to run. */
export async function withDatabase<T>(env: Env, work: (context: Context) => Promise<T>): Promise<T> {
  const database = await joinDatabase(env);
  try {
    Object.assign(process.env, database.processEnv);
    await migrate(database.processEnv.DATABASE_URL ?? '');
    const { closeContext, getContext } = await import('../../src/context.ts');
    try {
      return await work(getContext());
    } finally {
      await closeContext();
    }
  } finally {
    await database.stop();
  }
}
