import type { FileKind } from '../db/schema/assets.ts';
import { describeUrl } from '../http/url.ts';
import { type MediaFacts, readMediaFacts } from '../media/facts.ts';
import { toStorageError } from '../storage/errors.ts';
import { PartialFile } from '../storage/partial-file.ts';
import { assetEmpty, assetTypeWrong } from './errors.ts';
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

/**
 * Downloads one file with bounded memory. A transfer that breaks is resumed where it was when the server can do that
 * (RFC 9110 §14.2), else begun again. On any failure nothing stays on the disk.
 *
 * @throws AppError never to be repeated: `ASSET_FORBIDDEN`, `ASSET_GONE`, `ASSET_TOO_LARGE`, `ASSET_EMPTY`,
 * `ASSET_TYPE_WRONG`, `URL_INVALID`, `HOST_NOT_ALLOWED`, `REDIRECT_LIMIT`; later: `ASSET_UNAVAILABLE`, `ASSET_CUT_OFF`,
 * `CONNECTION_FAILED`, `TIMED_OUT`, `DISK_FULL`, `STORAGE_FAILED`. An abort throws the signal's reason.
 */
export async function downloadAsset(options: DownloadOptions): Promise<DownloadedAsset> {
  const attempt = `download ${describeUrl(options.url)}`;
  let file: PartialFile | undefined;
  try {
    file = await PartialFile.create(options.tmpDir);
    const { headers } = await transfer(file, options);
    const { path, bytes } = file;
    if (bytes === 0) throw assetEmpty(options.url);
    const sha256 = await file.finish();

    const hints = {
      contentType: headers.get('content-type'),
      extension: options.extensionHint ?? lastExtension(options.fileName),
    };
    const type = await detectType(path, hints);
    if (!isTypeAllowed(options.expectedKind, type, hints)) {
      throw assetTypeWrong(options.url, options.expectedKind, type.contentType);
    }
    return { path, bytes, sha256, ...type, ...(await readMediaFacts(path, type.contentType)) };
  } catch (error) {
    await file?.discard();
    throw toStorageError(error, attempt);
  }
}
