import { rm } from 'node:fs/promises';
import { eq, getTableColumns } from 'drizzle-orm';
import { partialPath } from '../../assets/download.ts';
import { type AssetPart, isComplete, nextPartBytes, noParts, type PartsSoFar } from '../../assets/parts.ts';
import { asSoleWriter, Superseded } from '../../assets/sole-writer.ts';
import { copyAsset, storeAsset } from '../../assets/store.ts';
import type { Context } from '../../context.ts';
import { saveCompanions } from '../../courses/save-companions.ts';
import { attachAsset } from '../../courses/save-files.ts';
import { assets, files } from '../../db/schema/index.ts';
import type { ErrorFacts } from '../../jobs/error-facts.ts';
import { withOutbox } from '../../jobs/outbox.ts';
import { assertShowable } from '../../media/image-size.ts';
import { needsVariants, type PlannedImage } from '../../media/variant-plan.ts';
import { closeStage, type Settlement } from '../close-stage.ts';
import { type CallCounter, withSource } from '../counted-source.ts';
import { failItem } from '../fail.ts';
import { type FetchedAsset, fetchAsset } from '../fetch-asset.ts';
import type { ImportRow } from '../find-import.ts';
import { linkOfAsset } from '../found-assets.ts';
import { beginItem, type ImportItem, recordIssues } from '../ledger.ts';
import { StageObsolete, unlessObsolete, whileRunning } from '../obsolete.ts';
import { keepObject, noteOrphan } from '../orphaned-objects.ts';
import { removeUnusedAssets } from '../remove-unused-assets.ts';
import { findLinks, linkScopeOf, setContentHash } from '../source-links.ts';
import { onRefusal } from '../source-refusal.ts';
import { keyOf } from '../states.ts';

export interface AssetResult {
  readonly status: 'imported' | 'unchanged';
  readonly bytes: number;
  readonly deduplicated: boolean;
  /** The asset, when it is an image of which pages show other forms. */
  readonly imageId?: string;
}

/** A part has come, and the stage is to be called with it for the next one. */
export interface AssetPartResult {
  readonly part: AssetPart;
}

/**
 * Third stage, once for each asset: gets its bytes, stores them under their SHA-256, and gives them to the file. An asset whose
 * bytes are here from an earlier import is not asked for again. One that is larger than a part takes a call for each part, and
 * one more to store it: whatever ends the process costs at most the part under way.
 *
 * @param soFar the parts that earlier calls gave
 * @param smallestPartBytes replaces the usual size of a part
 * @returns null when the import is not running, the asset is settled, or a later call for it has taken over
 * @throws {AppError} what `fetchAsset` throws
 */
export async function downloadAssetItem(
  context: Context,
  { importId, itemId }: { readonly importId: string; readonly itemId: string },
  soFar: PartsSoFar = noParts,
  smallestPartBytes?: number,
): Promise<AssetResult | AssetPartResult | null> {
  const { database, organisationId, tmpDir } = context;
  const key = { organisationId, importId };
  const isFirst = soFar.parts.length === 0;
  const begun = await beginItem(database, key, itemId, { isNewAttempt: isFirst });
  if (!begun) return null;
  const { item, row } = begun;
  const path = partialPath(tmpDir, itemId);
  const parts = { path, soFar, partBytes: nextPartBytes(soFar, smallestPartBytes) };

  const download = () =>
    asSoleWriter(path, (superseded) =>
      withSource(context, { importId, connectionId: row.connectionId }, async (openSource, counter) => {
        const delivery = await whileRunning(database, { ...key, itemId }, (stopped) => {
          const signal = AbortSignal.any([stopped, superseded]);
          return fetchAsset(context, { request: requestOf(item), openSource, signal, parts });
        }).catch(onRefusal(context, key, itemId));
        return 'part' in delivery ? delivery : keep(context, row, item, delivery.asset, soFar, counter);
      }),
    );
  return unlessObsolete(async () => {
    const present = isFirst ? await findPresent(context, row, item) : null;
    if (present !== null) return settleUnchanged(context, row, item, present);
    return download().catch((error: unknown) => {
      if (error instanceof Superseded) throw new StageObsolete();
      throw error;
    });
  });
}

/** Settles an asset that could not be had, and removes what had come of it. */
export async function failAsset(
  context: Context,
  of: { readonly importId: string; readonly itemId: string },
  error: ErrorFacts,
): Promise<void> {
  await failItem(context, of, error);
  await rm(partialPath(context.tmpDir, of.itemId), { force: true });
}

/** The asset, when the same bytes were imported earlier and are still stored; else null. */
async function findPresent(
  { database, storage }: Context,
  row: ImportRow,
  item: ImportItem,
): Promise<typeof assets.$inferSelect | null> {
  const linkId = linkOfAsset(row.sourceCourseId, item.sourceId);
  const link = (await findLinks(database, row, 'asset', [linkId])).get(linkId);
  if (link?.contentHash !== item.contentHash) return null;

  const [asset] = await database
    .select(getTableColumns(assets))
    .from(files)
    .innerJoin(assets, eq(assets.id, files.assetId))
    .where(eq(files.id, item.targetId ?? ''));
  return asset && (await storage.has(asset.storageKey)) ? asset : null;
}

async function settleUnchanged(
  { database }: Context,
  row: ImportRow,
  item: ImportItem,
  asset: typeof assets.$inferSelect,
): Promise<AssetResult> {
  const { bytes } = asset;
  await withOutbox(database, (tx, emit) =>
    closeStage(tx, emit, keyOf(row), {
      itemId: item.id,
      settlement: { status: 'unchanged', bytes },
      count: { calls: 0, rateLimited: 0 },
    }),
  );
  return { status: 'unchanged', bytes, deduplicated: false, ...imageOf(asset.id, asset) };
}

/**
 * Stores fetched bytes and settles the item. The temporary file is gone afterwards; one that was made of parts stays when that
 * failed, so that only this is done again.
 */
async function keep(
  { database, storage }: Context,
  row: ImportRow,
  item: ImportItem,
  { path, companions, ...fetched }: FetchedAsset,
  soFar: PartsSoFar,
  counter: CallCounter,
): Promise<AssetResult> {
  const { organisationId } = row;
  const key = keyOf(row);
  let stored: string | null = null;
  try {
    await assertShowable(requestOf(item).kind, { path, ...fetched });
    const store = isComplete(soFar) ? copyAsset : storeAsset;
    const { storageKey } = await store(storage, organisationId, { path, ...fetched });
    stored = storageKey;
    const result = await withOutbox(database, async (tx, emit) => {
      await keepObject(tx, storage, storageKey);
      const { assetId, known, replacedId } = await attachAsset(tx, item.targetId ?? '', {
        organisationId,
        storageKey,
        ...fetched,
      });
      const replaced = replacedId === null ? [] : [replacedId];
      if (companions) {
        const others = await saveCompanions(
          tx,
          { fileId: item.targetId ?? '', organisationId },
          companions.found,
        );
        replaced.push(...others);
        const about = { itemKind: item.kind, sourceId: item.sourceId };
        await recordIssues(
          tx,
          key,
          companions.issues.map((issue) => ({ ...issue, ...about })),
        );
      }
      await setContentHash(
        tx,
        linkScopeOf(row),
        'asset',
        linkOfAsset(row.sourceCourseId, item.sourceId),
        item.contentHash ?? '',
      );
      if (replaced.length > 0) await removeUnusedAssets(tx, organisationId, replaced);
      const settlement: Settlement = { status: 'imported', bytes: fetched.bytes, deduplicated: known };
      await closeStage(tx, emit, key, { itemId: item.id, settlement, count: counter });
      return {
        status: 'imported',
        bytes: fetched.bytes,
        deduplicated: known,
        ...imageOf(assetId, fetched),
      } as const;
    });
    counter.recorded();
    await rm(path, { force: true });
    return result;
  } catch (error) {
    if (stored !== null) await noteOrphan(database, { organisationId, storageKey: stored });
    if (!isComplete(soFar) || error instanceof StageObsolete) await rm(path, { force: true });
    throw error;
  }
}

function imageOf(assetId: string, asset: PlannedImage): Pick<AssetResult, 'imageId'> {
  return needsVariants(asset) ? { imageId: assetId } : {};
}

function requestOf({ request, sourceId }: ImportItem) {
  if (request) return request;
  throw new Error(`Asset "${sourceId}" has no request in the ledger`);
}
