import { type DownloadedAsset, downloadAsset } from '../assets/download.ts';
import { assetTypeWrong } from '../assets/errors.ts';
import { detectType, isTypeAllowed } from '../assets/types.ts';
import { dataUrlBytes } from '../content/data-url.ts';
import type { Context } from '../context.ts';
import type { AssetRequest } from '../db/schema/index.ts';
import { isAppError } from '../errors/app-error.ts';
import { readMediaFacts } from '../media/facts.ts';
import type { Source } from '../sources/types.ts';
import { PartialFile } from '../storage/partial-file.ts';
import { fetchStream } from './fetch-stream.ts';

export interface FetchOptions {
  readonly request: AssetRequest;
  /** Opened only for videos whose upload cannot be had. */
  readonly openSource: () => Promise<Source>;
  readonly signal: AbortSignal;
}

type Transfer = Pick<Context, 'http' | 'tmpDir' | 'maxAssetBytes'>;

/**
 * Gets the bytes of an asset into a temporary file, which belongs to the caller. A video's upload comes first; when it is not
 * handed out, the stream that the source plays takes its place.
 *
 * @throws {AppError} what `downloadAsset` and `fetchStream` throw
 */
export async function fetchAsset(context: Transfer, options: FetchOptions): Promise<DownloadedAsset> {
  const { request, signal } = options;
  if (request.url?.startsWith('data:')) return unpackDataUrl(context, request, request.url);
  if (request.url !== null) {
    try {
      return await download(context, request, request.url, signal);
    } catch (error) {
      if (request.video === null || !isAppError(error, ...uploadRefusals)) throw error;
    }
  }
  if (request.video === null) throw new Error('An asset without address is no video');
  return fetchStream(context, await options.openSource(), request.video, signal);
}

/** What old uploads of videos answer although the video plays: they are forbidden, gone, or a page in their place. */
const uploadRefusals = ['ASSET_FORBIDDEN', 'ASSET_GONE', 'ASSET_TYPE_WRONG', 'ASSET_EMPTY'] as const;

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
