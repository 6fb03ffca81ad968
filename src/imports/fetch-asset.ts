import { type Delivery, type DownloadedAsset, downloadPart, type PartOptions } from '../assets/download.ts';
import { assetTypeWrong } from '../assets/errors.ts';
import { identifyAsset } from '../assets/identity.ts';
import { type AssetPart, isComplete } from '../assets/parts.ts';
import { detectType, isTypeAllowed } from '../assets/types.ts';
import { dataUrlBytes } from '../content/data-url.ts';
import type { Context } from '../context.ts';
import type { AssetRequest } from '../db/schema/index.ts';
import { readMediaFacts } from '../media/facts.ts';
import type { Source } from '../sources/types.ts';
import { PartialFile } from '../storage/partial-file.ts';
import type { Companions } from './fetch-companions.ts';
import { fetchVideo } from './fetch-video.ts';

export interface FetchOptions {
  readonly request: AssetRequest;
  /** Opened only for videos. */
  readonly openSource: () => Promise<Source>;
  readonly signal: AbortSignal;
  readonly parts: Pick<PartOptions, 'path' | 'soFar' | 'partBytes'>;
}

type Transfer = Pick<Context, 'http' | 'tmpDir' | 'maxAssetBytes' | 'storage' | 'organisationId'>;

/** What a video brings along is in the storage already. */
export type FetchedAsset = DownloadedAsset & { readonly companions?: Companions };

/** A whole asset, or the next part of a large one. */
export type Fetched = { readonly asset: FetchedAsset } | { readonly part: AssetPart };

/**
 * Gets the bytes of an asset into a temporary file, which belongs to the caller, or the next part of a large one.
 *
 * @throws {AppError} what `downloadPart` and `fetchVideo` throw
 */
export async function fetchAsset(context: Transfer, options: FetchOptions): Promise<Fetched> {
  const { request, openSource, signal, parts } = options;
  const { url, video } = request;
  if (url?.startsWith('data:')) return { asset: await unpackDataUrl(context, request, url) };
  const upload = url === null ? null : () => download(context, options, url);
  const isUnderWay = parts.soFar.parts.length > 0 && !isComplete(parts.soFar);
  if (video) return fetchVideo(context, { place: video, openSource, upload, isUnderWay, signal });
  if (!upload) throw new Error('An asset without address is no video');
  return upload();
}

async function download(
  { http, tmpDir, maxAssetBytes }: Transfer,
  { request, openSource, signal, parts }: FetchOptions,
  url: string,
): Promise<Delivery> {
  const { kind, fileName, extension, video } = request;
  return downloadPart({
    url,
    ...(video && { renewUrl: async () => (await findUpload(await openSource(), video)) ?? url }),
    expectedKind: kind,
    fileName,
    extensionHint: extension,
    maxBytes: maxAssetBytes,
    http,
    tmpDir,
    signal,
    ...parts,
  });
}

/** The present address of a video's upload; null when the lesson does not have it any more. */
async function findUpload(source: Source, place: NonNullable<AssetRequest['video']>): Promise<string | null> {
  const { blocks } = await source.readLesson(place.courseId, place.lessonId);
  const block = blocks.find(({ id }) => id === place.videoId);
  return block?.kind === 'video' && block.url !== null ? identifyAsset(block.url).fetchUrl : null;
}

/** An image that sits inside of a text (RFC 2397). */
async function unpackDataUrl(
  { tmpDir }: Transfer,
  { kind }: AssetRequest,
  url: string,
): Promise<DownloadedAsset> {
  const content = dataUrlBytes(url);
  if (!content) throw assetTypeWrong('data:', kind, 'unknown');
  const file = await PartialFile.create(tmpDir);
  try {
    await file.append(content.bytes);
    const sha256 = await file.finish();
    const type = await detectType(file.path, {});
    if (!isTypeAllowed(kind, type, {})) throw assetTypeWrong('data:', kind, type.contentType);
    const { path, bytes } = file;
    return { path, bytes, sha256, ...type, ...(await readMediaFacts(path, type.contentType)) };
  } catch (error) {
    await file.discard();
    throw error;
  }
}
