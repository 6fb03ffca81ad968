import { eq, isNull } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { imageVariants } from '../db/schema/index.ts';

/** Variants of one look. */
const variantsAtOnce = 1_000;

/**
 * Deletes variants whose asset is gone: the object first, then the row that knows of it, so that a crash in between loses nothing.
 *
 * @returns how many there were
 * @throws {AppError} what `Storage.delete` throws; the rest is then still there
 */
export async function removeVariants({
  database,
  storage,
}: Pick<Context, 'database' | 'storage'>): Promise<number> {
  const left = await database
    .select({ storageKey: imageVariants.storageKey })
    .from(imageVariants)
    .where(isNull(imageVariants.assetId))
    .limit(variantsAtOnce);
  for (const { storageKey } of left) {
    await storage.delete(storageKey);
    await database.delete(imageVariants).where(eq(imageVariants.storageKey, storageKey));
  }
  return left.length;
}
