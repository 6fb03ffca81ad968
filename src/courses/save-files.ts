import { and, eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { assets, files } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';

export type FileInput = Pick<
  typeof files.$inferInsert,
  'id' | 'organisationId' | 'courseId' | 'kind' | 'name' | 'nameRank' | 'ofFileId' | 'track'
>;
export type AssetInput = Omit<typeof assets.$inferInsert, 'id' | 'createdAt'>;

/**
 * Writes files that have no bytes yet. One that is there already keeps its bytes, and takes kind and name of the use that says
 * more, so that both do not depend on which use was found first.
 */
export async function saveFiles(tx: Transaction, rows: readonly FileInput[]): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insert(files)
    .values([...rows])
    .onConflictDoUpdate({
      target: files.id,
      set: {
        kind: sql`excluded.kind`,
        name: sql`excluded.name`,
        nameRank: sql`excluded.name_rank`,
        updatedAt: sql`now()`,
      },
      // By code points, as JavaScript compares, not by the rules of a language.
      setWhere: sql`(excluded.name_rank, excluded.name collate "C") < (${files.nameRank}, ${files.name} collate "C")`,
    });
}

/**
 * Gives a file its bytes, which the storage has under `asset.storageKey`.
 *
 * @returns the asset's id, whether the organisation had the same bytes already, and the asset that the file had before
 */
export async function attachAsset(
  tx: Transaction,
  fileId: string,
  asset: AssetInput,
): Promise<{ readonly assetId: string; readonly known: boolean; readonly replacedId: string | null }> {
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

  const before = tx
    .select({ id: files.id, assetId: sql<string | null>`${files.assetId}`.as('replaced_id') })
    .from(files)
    .where(and(eq(files.id, fileId), eq(files.organisationId, asset.organisationId)))
    .for('update')
    .as('before');
  const [file] = await tx
    .update(files)
    .set({ assetId })
    .from(before)
    .where(eq(files.id, before.id))
    .returning({ replacedId: before.assetId });
  const replacedId = file?.replacedId ?? null;
  return { assetId, known: assetId !== id, replacedId: replacedId === assetId ? null : replacedId };
}
