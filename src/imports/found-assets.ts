import { identifyAsset } from '../assets/identity.ts';
import { saveFiles } from '../courses/save-files.ts';
import type { Transaction } from '../db/client.ts';
import type { AssetRequest } from '../db/schema/index.ts';
import { contentHash } from '../lib/canonical-json.ts';
import { newId } from '../lib/ids.ts';
import type { NewItem } from './ledger.ts';
import { type LinkScope, linkTargets } from './source-links.ts';

/** A file that a course refers to. The same bytes are one asset of a course, however often they are used. */
export interface FoundAsset {
  /** The stable identity of the bytes, without signatures; the ledger's source id. */
  readonly sourceId: string;
  readonly request: AssetRequest;
  /** How little the request's name says; the best one names the file, whichever use of it was found first. */
  readonly nameRank: NameRank;
  /** Differs when other bytes are to be had than last time. */
  readonly contentHash: string;
}

/** 0: somebody named the upload; 1: the name was made from an address in a text; 2: so was it, and "file" is all that is known. */
type NameRank = 0 | 1 | 2;

/** Collects the files that a course or a lesson refers to, each once. */
export class AssetCollector {
  private readonly found = new Map<string, FoundAsset>();

  /**
   * Adds a file by its address.
   *
   * @param isNamed whether somebody gave it the name
   * @returns its source id
   * @throws {AppError} `URL_INVALID`
   */
  add(request: AssetRequest & { readonly url: string }, { isNamed }: { readonly isNamed: boolean }): string {
    const { key, fetchUrl } = identify(request.url);
    return this.keep({
      sourceId: key,
      nameRank: isNamed ? 0 : request.kind === 'file' ? 2 : 1,
      request: { ...request, url: fetchUrl },
      contentHash: contentHash(key),
    });
  }

  /** Adds a video: known by its own id, for its address is often missing and another one each time. */
  addVideo(request: AssetRequest & { readonly video: NonNullable<AssetRequest['video']> }): string {
    const upload = request.url === null ? null : identify(request.url);
    return this.keep({
      sourceId: `video:${request.video.videoId}`,
      nameRank: 0,
      request: { ...request, url: upload?.fetchUrl ?? null },
      contentHash: contentHash(upload?.key ?? null),
    });
  }

  get all(): FoundAsset[] {
    return [...this.found.values()];
  }

  private keep(asset: FoundAsset): string {
    const known = this.found.get(asset.sourceId);
    if (!known || saysMore(asset, known)) this.found.set(asset.sourceId, asset);
    return asset.sourceId;
  }
}

/** The order of `saveFiles`. */
function saysMore(one: FoundAsset, other: FoundAsset): boolean {
  if (one.nameRank !== other.nameRank) return one.nameRank < other.nameRank;
  return one.request.fileName < other.request.fileName;
}

function identify(url: string): { readonly key: string; readonly fetchUrl: string } {
  return url.startsWith('data:') ? { key: `data:${contentHash(url)}`, fetchUrl: url } : identifyAsset(url);
}

/** Our files of the found assets, by source id. Links them; the rows are written by `saveFoundFiles`. */
export async function linkAssets(
  tx: Transaction,
  scope: LinkScope,
  sourceCourseId: string,
  found: readonly FoundAsset[],
): Promise<Map<string, string>> {
  // A file belongs to one course, so the same bytes in another course are another file.
  const linked = await linkTargets(
    tx,
    scope,
    'asset',
    found.map(({ sourceId }) => ({ sourceId: linkOfAsset(sourceCourseId, sourceId), contentHash: null })),
  );
  return new Map(
    found.flatMap(({ sourceId }) => {
      const link = linked.get(linkOfAsset(sourceCourseId, sourceId));
      return link ? [[sourceId, link.targetId] as const] : [];
    }),
  );
}

/** An asset's id among the source links, where assets of several courses meet. */
export function linkOfAsset(sourceCourseId: string, assetSourceId: string): string {
  return `${sourceCourseId}/${assetSourceId}`;
}

/** Writes the files that are not there yet; their course has to be. */
export async function saveFoundFiles(
  tx: Transaction,
  organisationId: string,
  courseId: string,
  found: readonly FoundAsset[],
  fileIds: ReadonlyMap<string, string>,
): Promise<void> {
  await saveFiles(
    tx,
    found.flatMap(({ sourceId, request, nameRank }) => {
      const id = fileIds.get(sourceId);
      return id === undefined
        ? []
        : [{ id, organisationId, courseId, kind: request.kind, name: request.fileName, nameRank }];
    }),
  );
}

/** The ledger's items of found assets. */
export function assetItems(
  found: readonly FoundAsset[],
  fileIds: ReadonlyMap<string, string>,
  parentId: string,
  position: number,
): NewItem[] {
  return found.map(({ sourceId, request, contentHash }) => {
    const targetId = fileIds.get(sourceId);
    return {
      id: newId('item'),
      kind: 'asset',
      sourceId,
      parentId,
      title: request.fileName,
      position,
      status: 'pending',
      contentHash,
      request,
      ...(targetId === undefined ? {} : { targetId }),
    };
  });
}
