import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import type { TextTrack } from '../db/schema/assets.ts';
import { files } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';
import { type AssetInput, attachAsset, saveFiles } from './save-files.ts';

/** What goes with a video; its bytes are in the storage. */
export interface Companion extends Omit<AssetInput, 'organisationId'> {
  readonly name: string;
  /** Null for the poster. */
  readonly track: TextTrack | null;
}

/**
 * Gives a video its poster and subtitles, in place of those that it had.
 *
 * @returns the assets of those
 */
export async function saveCompanions(
  tx: Transaction,
  { fileId, organisationId }: { readonly fileId: string; readonly organisationId: string },
  companions: readonly Companion[],
): Promise<string[]> {
  const replaced = await tx
    .delete(files)
    .where(and(eq(files.ofFileId, fileId), eq(files.organisationId, organisationId)))
    .returning({ assetId: files.assetId });
  const replacedIds = replaced.flatMap(({ assetId }) => assetId ?? []);
  const [video] = await tx
    .select({ courseId: files.courseId })
    .from(files)
    .where(and(eq(files.id, fileId), eq(files.organisationId, organisationId)));
  if (!video) return replacedIds;
  for (const { name, track, ...asset } of companions) {
    const id = newId('file');
    const kind = track === null ? 'image' : 'file';
    await saveFiles(tx, [{ id, organisationId, ...video, kind, name, ofFileId: fileId, track }]);
    await attachAsset(tx, id, { organisationId, ...asset });
  }
  return replacedIds;
}
