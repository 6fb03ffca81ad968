import { eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Database } from '../db/client.ts';
import { imports } from '../db/schema/index.ts';
import type { Source } from '../sources/types.ts';
import type { CallCount } from './close-stage.ts';

/** Counts the calls that a stage makes to the source, until they are in the import's row. */
export class CallCounter implements CallCount {
  calls = 0;
  rateLimited = 0;

  count(call: { readonly rateLimited: boolean }): void {
    this.calls += 1;
    if (call.rateLimited) this.rateLimited += 1;
  }

  /** The stage's transaction, which added them, was committed. */
  recorded(): void {
    this.calls = 0;
    this.rateLimited = 0;
  }
}

/**
 * Runs a stage with a way to open its import's source. The calls that the stage does not record in its own transaction are added to the
 * import when it ends, also when it fails.
 */
export async function withSource<T>(
  context: Pick<Context, 'database' | 'openSource'>,
  { importId, connectionId }: { readonly importId: string; readonly connectionId: string },
  stage: (openSource: () => Promise<Source>, counter: CallCounter) => Promise<T>,
): Promise<T> {
  const counter = new CallCounter();
  try {
    const open = () => context.openSource(connectionId, { importId, onCall: (call) => counter.count(call) });
    return await stage(open, counter);
  } finally {
    if (counter.calls > 0) await addCalls(context.database, importId, counter);
  }
}

async function addCalls(database: Database, importId: string, count: CallCount): Promise<void> {
  await database
    .update(imports)
    .set({
      sourceCalls: sql`${imports.sourceCalls} + ${count.calls}`,
      sourceRateLimited: sql`${imports.sourceRateLimited} + ${count.rateLimited}`,
    })
    .where(eq(imports.id, importId));
}
