import { eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Database, Transaction } from '../db/client.ts';
import { assets, orphanedObjects } from '../db/schema/index.ts';
import { AppError } from '../errors/app-error.ts';
import type { Storage } from '../storage/types.ts';

/**
 * Objects in the storage that no asset names any more. The storage takes part in no transaction, so they are noted in one, and
 * deleted after it: at once, or by the sweep if a crash came between.
 *
 * An import may be storing the same bytes at that moment. A lock on the object's key lets either its asset be seen before the
 * object is deleted, or the object's absence before the asset is written.
 */

/** Objects of one look. */
const objectsAtOnce = 1_000;

/** Notes an object that was stored and may have got no asset. */
export async function noteOrphan(
  database: Database | Transaction,
  object: { readonly organisationId: string; readonly storageKey: string },
): Promise<void> {
  await database.insert(orphanedObjects).values(object).onConflictDoNothing();
}

/**
 * Holds a stored object until the transaction has written its asset.
 *
 * @throws {AppError} `STORAGE_FAILED`, later, when it was deleted since it was stored
 */
export async function keepObject(tx: Transaction, storage: Storage, storageKey: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${lockOf(storageKey)})`);
  if (await storage.has(storageKey)) return;
  throw new AppError({
    code: 'STORAGE_FAILED',
    message: `Cannot use "${storageKey}": it was removed with another import while it was stored, store it again`,
    publicMessage: 'The file was removed with another import at the same moment. It is fetched again.',
    retry: 'later',
  });
}

/**
 * Deletes the noted objects that no asset names, and forgets the notes.
 *
 * @returns how many objects were deleted
 * @throws {AppError} what `Storage.delete` throws; the note is then still there
 */
export async function removeOrphans({
  database,
  storage,
}: Pick<Context, 'database' | 'storage'>): Promise<number> {
  const noted = await database.select().from(orphanedObjects).limit(objectsAtOnce);
  let removed = 0;
  for (const { storageKey } of noted) {
    const isRemoved = await database.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${lockOf(storageKey)})`);
      const [named] = await tx
        .select({ id: assets.id })
        .from(assets)
        .where(eq(assets.storageKey, storageKey))
        .limit(1);
      if (!named) await storage.delete(storageKey);
      await tx.delete(orphanedObjects).where(eq(orphanedObjects.storageKey, storageKey));
      return !named;
    });
    if (isRemoved) removed += 1;
  }
  return removed;
}

function lockOf(storageKey: string) {
  return sql`hashtextextended(${storageKey}, 0)`;
}
