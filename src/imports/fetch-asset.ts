import { type DownloadedAsset, downloadAsset } from '../assets/download.ts';
import { assetTypeWrong } from '../assets/errors.ts';
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
}

type Transfer = Pick<Context, 'http' | 'tmpDir' | 'maxAssetBytes' | 'storage' | 'organisationId'>;

/** What a video brings along is in the storage already. */
export type FetchedAsset = DownloadedAsset & { readonly companions?: Companions };

/**
 * Gets the bytes of an asset into a temporary file, which belongs to the caller.
 *
 * @throws {AppError} what `downloadAsset` and `fetchVideo` throw
 */
export async function fetchAsset(context: Transfer, options: FetchOptions): Promise<FetchedAsset> {
  const { request, openSource, signal } = options;
  const { url, video } = request;
  if (url?.startsWith('data:')) return unpackDataUrl(context, request, url);
  const upload = url === null ? null : () => download(context, request, url, signal);
  if (video) return fetchVideo(context, { place: video, openSource, upload, signal });
  if (!upload) throw new Error('An asset without address is no video');
  return upload();
}

async function download(
  { http, tmpDir, maxAssetBytes }: Transfer,
  { kind, fileName, extension }: AssetRequest,
  url: string,
  signal: AbortSignal,
): Promise<DownloadedAsset> {
  return downloadAsset({
    url,
    expectedKind: kind,
    fileName,
    extensionHint: extension,
    maxBytes: maxAssetBytes,
    http,
    tmpDir,
    signal,
  });
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
