import { and, eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { assets, files } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';

export type FileInput = Pick<
  typeof files.$inferInsert,
  'id' | 'organisationId' | 'courseId' | 'kind' | 'name'
>;
export type AssetInput = Omit<typeof assets.$inferInsert, 'id' | 'createdAt'>;

/** Writes files that have no bytes yet. One that is there already keeps its name and bytes. */
export async function saveFiles(tx: Transaction, rows: readonly FileInput[]): Promise<void> {
  if (rows.length > 0)
    await tx
      .insert(files)
      .values([...rows])
      .onConflictDoNothing();
}

/**
 * Gives a file its bytes, which the storage has under `asset.storageKey`, and its final name.
 *
 * @returns the asset's id, and whether the organisation had the same bytes already
 */
export async function attachAsset(
  tx: Transaction,
  file: { readonly id: string; readonly name: string },
  asset: AssetInput,
): Promise<{ readonly assetId: string; readonly known: boolean }> {
  const id = newId('asset');
  const [stored] = await tx
    .insert(assets)
    .values({ id, ...asset })
    // Touching the row makes PostgreSQL return it, also when another transaction has just made it.
    .onConflictDoUpdate({
      target: [assets.organisationId, assets.sha256],
      set: { storageKey: sql`excluded.storage_key` },
    })
    .returning({ id: assets.id });
  const assetId = stored?.id ?? id;

  await tx
    .update(files)
    .set({ assetId, name: file.name })
    .where(and(eq(files.id, file.id), eq(files.organisationId, asset.organisationId)));
  return { assetId, known: assetId !== id };
}
