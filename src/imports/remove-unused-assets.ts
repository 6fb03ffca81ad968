import { and, eq, inArray, notExists, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { assets, files } from '../db/schema/index.ts';
import { chunks } from '../lib/chunks.ts';
import { noteOrphan } from './orphaned-objects.ts';

export interface RemovedAssets {
  /** Files' bytes that nothing else used. */
  readonly assets: number;
  /** What these took in the storage. */
  readonly bytes: number;
}

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/** Deletes those of some assets that no file has any more, and notes their bytes for deletion. */
export async function removeUnusedAssets(
  tx: Transaction,
  organisationId: string,
  assetIds: readonly string[],
): Promise<RemovedAssets> {
  let count = 0;
  let bytes = 0;
  for (const part of chunks(assetIds.toSorted(), rowsAtOnce)) {
    // Whoever gives such an asset to a file holds its row: wait for him, and see his file in the next statement.
    await tx
      .select({ id: assets.id })
      .from(assets)
      .where(inArray(assets.id, part))
      .orderBy(assets.id)
      .for('update');
    const used = tx.select({ one: sql`1` }).from(files).where(eq(files.assetId, assets.id));
    const removed = await tx
      .delete(assets)
      .where(and(inArray(assets.id, part), notExists(used)))
      .returning({ storageKey: assets.storageKey, bytes: assets.bytes });
    for (const { storageKey } of removed) await noteOrphan(tx, { organisationId, storageKey });
    count += removed.length;
    bytes += removed.reduce((sum, asset) => sum + asset.bytes, 0);
  }
  return { assets: count, bytes };
}
