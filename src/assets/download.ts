import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileKind } from '../db/schema/assets.ts';
import { isAppError } from '../errors/app-error.ts';
import { describeUrl } from '../http/url.ts';
import { type MediaFacts, readMediaFacts } from '../media/facts.ts';
import { toStorageError } from '../storage/errors.ts';
import { hashPieces, PartialFile } from '../storage/partial-file.ts';
import { assetDamaged, assetEmpty, assetTypeWrong } from './errors.ts';
import { type AssetPart, isComplete, noParts, type PartsSoFar, partsBefore } from './parts.ts';
import { Superseded } from './sole-writer.ts';
import { type TransferOptions, transfer } from './transfer.ts';
import { detectType, isTypeAllowed, lastExtension } from './types.ts';

export interface DownloadOptions extends TransferOptions {
  readonly expectedKind: FileKind;
  /** What the source calls the file; says what its bytes may be when these do not tell. */
  readonly fileName?: string | null | undefined;
  /** What the source calls the file's extension; wins over that of the name. */
  readonly extensionHint?: string | null | undefined;
}

/** A whole, checked file in the temporary folder; it belongs to the caller, who stores or deletes it. */
export interface DownloadedAsset extends MediaFacts {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  /** Lower case, without dot. */
  readonly extension: string;
}

export interface PartOptions extends DownloadOptions {
  /** Where the parts are gathered; nobody else may write there meanwhile, see `asSoleWriter`. */
  readonly path: string;
  readonly soFar: PartsSoFar;
  /** Most bytes of the next part; a file that is not larger than the first one is whole with it. */
  readonly partBytes: number;
}

/** What one part brought: the whole file, or a part to be handed in again for the next one. */
export type Delivery = { readonly asset: DownloadedAsset } | { readonly part: AssetPart };

/** Where the parts of something are gathered. */
export function partialPath(tmpDir: string, name: string): string {
  return join(tmpDir, `${name}.part`);
}

/**
 * Downloads one file with bounded memory. A transfer that breaks is resumed where it was when the server can do that
 * (RFC 9110 §14.2), else begun again. On any failure nothing stays on the disk.
 *
 * @throws AppError never to be repeated: `ASSET_FORBIDDEN`, `ASSET_GONE`, `ASSET_TOO_LARGE`, `ASSET_EMPTY`,
 * `ASSET_TYPE_WRONG`, `URL_INVALID`, `HOST_NOT_ALLOWED`, `REDIRECT_LIMIT`; later: `ASSET_UNAVAILABLE`, `ASSET_RATE_LIMITED`,
 * `ASSET_CUT_OFF`, `CONNECTION_FAILED`, `TIMED_OUT`, `DISK_FULL`, `STORAGE_FAILED`. An abort throws the signal's reason.
 */
export async function downloadAsset(options: DownloadOptions): Promise<DownloadedAsset> {
  const path = partialPath(options.tmpDir, randomUUID());
  const delivery = await downloadPart({
    ...options,
    path,
    soFar: noParts,
    partBytes: Number.POSITIVE_INFINITY,
  });
  if ('asset' in delivery) return delivery.asset;
  throw new Error('A part without limit is the whole file');
}

/**
 * Downloads the next part of a file. When all parts are there, it checks the file instead, which then may be stored as often as
 * that takes. Parts that are not there any more, or of another version than what the server has now, do not count: the part
 * then begins at 0.
 *
 * The parts before stay on the disk when the part failed and may be tried again; for a full disk nothing stays.
 *
 * @throws AppError as `downloadAsset`
 */
export async function downloadPart(options: PartOptions): Promise<Delivery> {
  const { path, soFar, url, partBytes } = options;
  const last = soFar.parts.at(-1);
  let file: PartialFile | null = null;
  try {
    if (last && isComplete(soFar)) {
      const sha256 = await hashPieces(path, soFar.parts);
      if (sha256 !== null) return { asset: await check(path, sha256, last.contentType, options) };
    } else if (last) file = await PartialFile.continue(path, last);
    const known = file && last ? last : null;
    file ??= await PartialFile.begin(path);

    const { version, isWhole, contentType } = await transfer(file, known, partBytes, options);
    if (file.bytes === 0) throw assetEmpty(url);
    if (!isWhole || file.bytes > partBytes) {
      const totalBytes = isWhole ? file.bytes : version.totalBytes;
      const { validator } = version;
      return { part: { ...(await file.finishPiece()), validator, totalBytes, contentType } };
    }
    const sha256 = file.startByte === 0 ? await file.finish() : await hashWhole(file, soFar.parts);
    if (sha256 === null) throw assetDamaged(url);
    return { asset: await check(path, sha256, contentType, options) };
  } catch (thrown) {
    const error = toStorageError(thrown, `download ${describeUrl(url)} beyond ${file?.bytes ?? 0} bytes`);
    await file?.close();
    if (!mayGoOn(error, soFar)) await rm(path, { force: true });
    throw error;
  }
}

/** Parts are read once more, so that what is stored is what had come. Null when it is not. */
async function hashWhole(file: PartialFile, before: readonly AssetPart[]): Promise<string | null> {
  const piece = await file.finishPiece();
  return hashPieces(file.path, [...partsBefore(before, piece.startByte), piece]);
}

async function check(
  path: string,
  sha256: string,
  claimedType: string | null,
  { url, expectedKind, extensionHint, fileName }: DownloadOptions,
): Promise<DownloadedAsset> {
  const { size: bytes } = await stat(path);
  const hints = { contentType: claimedType, extension: extensionHint ?? lastExtension(fileName) };
  const type = await detectType(path, hints);
  if (!isTypeAllowed(expectedKind, type, hints)) throw assetTypeWrong(url, expectedKind, type.contentType);
  return { path, bytes, sha256, ...type, ...(await readMediaFacts(path, type.contentType)) };
}

/** Whether the parts before are of use to the next attempt. */
function mayGoOn(error: unknown, { parts }: PartsSoFar): boolean {
  if (error instanceof Superseded) return true;
  return parts.length > 0 && isAppError(error) && error.retry !== 'never' && error.code !== 'DISK_FULL';
}
