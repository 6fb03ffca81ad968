import { rm } from 'node:fs/promises';
import { eq } from 'drizzle-orm';
import { storeAsset } from '../../assets/store.ts';
import type { Context } from '../../context.ts';
import { saveCompanions } from '../../courses/save-companions.ts';
import { attachAsset } from '../../courses/save-files.ts';
import { assets, files } from '../../db/schema/index.ts';
import { withOutbox } from '../../jobs/outbox.ts';
import { closeStage, type Settlement } from '../close-stage.ts';
import { type CallCounter, withSource } from '../counted-source.ts';
import { type FetchedAsset, fetchAsset } from '../fetch-asset.ts';
import { findImport, type ImportRow } from '../find-import.ts';
import { linkOfAsset } from '../found-assets.ts';
import { beginItem, type ImportItem, recordIssues } from '../ledger.ts';
import { unlessObsolete, whileRunning } from '../obsolete.ts';
import { keepObject, noteOrphan } from '../orphaned-objects.ts';
import { findLinks, linkScopeOf, setContentHash } from '../source-links.ts';
import { onRefusal } from '../source-refusal.ts';
import { keyOf } from '../states.ts';

export interface AssetResult {
  readonly status: 'imported' | 'unchanged';
  readonly bytes: number;
  readonly deduplicated: boolean;
}

/**
 * Third stage, once for each asset: gets its bytes, stores them under their SHA-256, and gives them to the file. An asset whose
 * bytes are here from an earlier import is not asked for again.
 *
 * @returns null when the import is not running, or the asset is settled
 * @throws {AppError} what `fetchAsset` throws
 */
export async function downloadAssetItem(
  context: Context,
  { importId, itemId }: { readonly importId: string; readonly itemId: string },
): Promise<AssetResult | null> {
  const { database, organisationId } = context;
  const key = { organisationId, importId };
  const item = await beginItem(database, key, itemId);
  if (!item) return null;
  const row = await findImport(database, key);

  return unlessObsolete(async () => {
    const present = await findPresent(context, row, item);
    if (present !== null) return settleUnchanged(context, row, item, present);

    return withSource(context, { importId, connectionId: row.connectionId }, async (openSource, counter) => {
      const fetched = await whileRunning(database, { ...key, itemId }, (signal) =>
        fetchAsset(context, { request: requestOf(item), openSource, signal }),
      ).catch(onRefusal(context, key, itemId));
      return keep(context, row, item, fetched, counter);
    });
  });
}

/** Bytes of the asset, when the same ones were imported earlier and are still stored; else null. */
async function findPresent(
  { database, storage }: Context,
  row: ImportRow,
  item: ImportItem,
): Promise<number | null> {
  const linkId = linkOfAsset(row.sourceCourseId, item.sourceId);
  const link = (await findLinks(database, row, 'asset', [linkId])).get(linkId);
  if (link?.contentHash !== item.contentHash) return null;

  const [asset] = await database
    .select({ bytes: assets.bytes, storageKey: assets.storageKey })
    .from(files)
    .innerJoin(assets, eq(assets.id, files.assetId))
    .where(eq(files.id, item.targetId ?? ''));
  return asset && (await storage.has(asset.storageKey)) ? asset.bytes : null;
}

async function settleUnchanged(
  { database }: Context,
  row: ImportRow,
  item: ImportItem,
  bytes: number,
): Promise<AssetResult> {
  await withOutbox(database, (tx, emit) =>
    closeStage(tx, emit, keyOf(row), {
      itemId: item.id,
      settlement: { status: 'unchanged', bytes },
      count: { calls: 0, rateLimited: 0 },
    }),
  );
  return { status: 'unchanged', bytes, deduplicated: false };
}

/** Stores fetched bytes and settles the item; the temporary file is gone afterwards. */
async function keep(
  { database, storage }: Context,
  row: ImportRow,
  item: ImportItem,
  { path, companions, ...fetched }: FetchedAsset,
  counter: CallCounter,
): Promise<AssetResult> {
  const { organisationId } = row;
  const key = keyOf(row);
  let stored: string | null = null;
  try {
    const { storageKey } = await storeAsset(storage, organisationId, { path, ...fetched });
    stored = storageKey;
    const result = await withOutbox(database, async (tx, emit) => {
      await keepObject(tx, storage, storageKey);
      const { known } = await attachAsset(tx, item.targetId ?? '', {
        organisationId,
        storageKey,
        ...fetched,
      });
      if (companions) {
        await saveCompanions(tx, { fileId: item.targetId ?? '', organisationId }, companions.found);
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
      const settlement: Settlement = { status: 'imported', bytes: fetched.bytes, deduplicated: known };
      await closeStage(tx, emit, key, { itemId: item.id, settlement, count: counter });
      return { status: 'imported', bytes: fetched.bytes, deduplicated: known } as const;
    });
    counter.recorded();
    return result;
  } catch (error) {
    if (stored !== null) await noteOrphan(database, { organisationId, storageKey: stored });
    throw error;
  } finally {
    await rm(path, { force: true });
  }
}

function requestOf({ request, sourceId }: ImportItem) {
  if (request) return request;
  throw new Error(`Asset "${sourceId}" has no request in the ledger`);
}
