import { setTimeout as delay } from 'node:timers/promises';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { importItems, imports } from '../db/schema/index.ts';
import type { ImportKey } from './states.ts';

/**
 * Ends a stage without a trace: its import is not running any more, or another run of it was faster. Thrown inside of a
 * transaction to roll it back; `unlessObsolete` turns it into an answer.
 */
export class StageObsolete extends Error {
  override readonly name = 'StageObsolete';
}

/** @returns null when the stage found that nobody needs its result any more */
export async function unlessObsolete<T>(stage: () => Promise<T>): Promise<T | null> {
  try {
    return await stage();
  } catch (error) {
    if (error instanceof StageObsolete) return null;
    throw error;
  }
}

/** How long a stage may go on after its import was stopped. */
const lookMs = 1_000;

/** Looks between two signs of life. Far more often than an item may be silent, see `sweepImports`. */
const looksPerSign = 30;

/**
 * Runs work that takes long, such as a download, with a signal that ends it without a trace once its import is not running any
 * more. The engine's own cancellation only takes effect between two steps. Meanwhile the item shows from time to time that it
 * is being worked on.
 */
export async function whileRunning<T>(
  database: Database,
  key: ImportKey & { readonly itemId: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopped = new AbortController();
  const done = new AbortController();
  const watch = watchStatus(database, key, stopped, done.signal);
  try {
    return await work(stopped.signal);
  } finally {
    done.abort();
    await watch;
  }
}

async function watchStatus(
  database: Database,
  key: ImportKey & { readonly itemId: string },
  stopped: AbortController,
  done: AbortSignal,
): Promise<void> {
  const pause = () => delay(lookMs, true, { signal: done, ref: false }).catch(() => false);
  for (let looks = 1; await pause(); looks += 1) {
    // A database that is away for a moment says nothing about the import.
    const running = await isRunning(database, key).catch(() => true);
    if (!running) return stopped.abort(new StageObsolete());
    if (looks % looksPerSign === 0) await showLife(database, key.itemId).catch(() => {});
  }
}

async function showLife(database: Database, itemId: string): Promise<void> {
  await database
    .update(importItems)
    .set({ updatedAt: sql`now()` })
    .where(and(eq(importItems.id, itemId), eq(importItems.status, 'running')));
}

async function isRunning(database: Database, key: ImportKey): Promise<boolean> {
  const rows = await database
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.id, key.importId),
        eq(imports.organisationId, key.organisationId),
        eq(imports.status, 'running'),
      ),
    );
  return rows.length > 0;
}
