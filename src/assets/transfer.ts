import { isAppError } from '../errors/app-error.ts';
import type { HttpAnswer, HttpClient, RequestTimeouts } from '../http/types.ts';
import { describeUrl } from '../http/url.ts';
import { assertFreeSpace, type ReadFreeBytes } from '../storage/disk-space.ts';
import type { PartialFile } from '../storage/partial-file.ts';
import { assetCutOff, assetTooLarge, toStatusError } from './errors.ts';

export interface TransferOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly http: HttpClient;
  /** Made when it is not there. */
  readonly tmpDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<RequestTimeouts>;
  /** Told now and then; `totalBytes` is null when the server does not say it. */
  readonly onProgress?: (progress: { bytes: number; totalBytes: number | null }) => void;
  readonly readFreeBytes?: ReadFreeBytes;
}

/** What the server said about the file when it sent it from the start; tells whether a rest belongs to it. */
interface Version {
  /** A strong ETag or a date, for `If-Range` (RFC 9110 §13.1.5). */
  readonly validator: string | null;
  readonly totalBytes: number | null;
  /** False when positions in the file and on the wire differ, or nothing would tell that the file has changed. */
  readonly canResume: boolean;
}

/** Times in a row that a transfer may break without getting this much further than ever before. */
const fruitlessTries = 3;
const fruitfulBytes = 256 * 1024;

/** How much is written between two looks at the disk's free space and two reports of progress. */
const checkEveryBytes = 8 * 1024 * 1024;

/**
 * Reads until the file is whole, over as many answers as that takes: a transfer that breaks is resumed where it was
 * when the server can do that (RFC 9110 §14.2), else begun again.
 *
 * @returns the last answer, read to its end
 */
export async function transfer(file: PartialFile, options: TransferOptions): Promise<HttpAnswer> {
  let version: Version | null = null;
  let furthestBytes = 0;
  let fruitless = 0;

  for (;;) {
    let cut: unknown;
    try {
      const answer = await request(file.bytes, version, options);
      if (version && (answer.status === 206 || answer.status === 416)) {
        if (isRestOf(answer, version, file.bytes)) await receive(file, answer, version, options);
        // Some other part, or none: this server's ranges are no good.
        else {
          answer.body.destroy();
          version = null;
        }
      } else {
        if (answer.status !== 200) {
          answer.body.destroy();
          throw toStatusError(answer);
        }
        version = versionOf(answer);
        await file.restart();
        await receive(file, answer, version, options);
      }
      if (version && file.bytes >= (version.totalBytes ?? 0)) return answer;
    } catch (error) {
      // Before the first answer there is nothing to resume, and the caller's own retries wait better than this loop.
      if (version === null || !isAppError(error, 'CONNECTION_FAILED', 'TIMED_OUT')) throw error;
      cut = error;
    }
    fruitless = file.bytes >= furthestBytes + fruitfulBytes ? 0 : fruitless + 1;
    furthestBytes = Math.max(furthestBytes, file.bytes);
    if (fruitless >= fruitlessTries) throw assetCutOff(options.url, furthestBytes, cut);
  }
}

async function request(
  fromByte: number,
  version: Version | null,
  { url, http, headers, signal, timeouts }: TransferOptions,
): Promise<HttpAnswer> {
  const rest = version?.canResume && fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
  const onlyIfSame = version?.validator ? { 'if-range': version.validator } : {};
  // Compressed bytes have other positions than those that are stored.
  const plain = { 'accept-encoding': 'identity' };
  return await http.request(url, {
    headers: { ...headers, ...plain, ...rest, ...(rest.range && onlyIfSame) },
    signal,
    ...(timeouts && { timeouts }),
  });
}

async function receive(
  file: PartialFile,
  answer: HttpAnswer,
  { totalBytes }: Version,
  options: TransferOptions,
): Promise<void> {
  const { maxBytes, tmpDir, onProgress } = options;
  const assertSpace = (neededBytes: number) =>
    assertFreeSpace(tmpDir, neededBytes, `download ${describeUrl(options.url)}`, options.readFreeBytes);
  try {
    if (totalBytes !== null && totalBytes > maxBytes) throw assetTooLarge(options.url, maxBytes);
    await assertSpace((totalBytes ?? 0) - file.bytes);

    let checkedBytes = file.bytes;
    for await (const chunk of answer.body) {
      if (file.bytes + chunk.length > maxBytes) throw assetTooLarge(options.url, maxBytes);
      await file.append(chunk);
      if (file.bytes - checkedBytes < checkEveryBytes) continue;
      checkedBytes = file.bytes;
      await assertSpace(0);
      onProgress?.({ bytes: file.bytes, totalBytes });
    }
    onProgress?.({ bytes: file.bytes, totalBytes });
  } finally {
    answer.body.destroy();
  }
}

function versionOf({ headers, unpacked }: HttpAnswer): Version {
  const etag = headers.get('etag');
  const validator = etag?.startsWith('"') ? etag : headers.get('last-modified');
  const length = headers.get('content-length');
  const totalBytes = length !== null && /^\d+$/.test(length) ? Number(length) : null;
  return { validator, totalBytes, canResume: !unpacked && (validator !== null || totalBytes !== null) };
}

/** True when the answer begins where the file ends and, as far as it says, belongs to the same version. */
function isRestOf({ status, headers }: HttpAnswer, version: Version, bytes: number): boolean {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  const sameSize = version.totalBytes === null || total === '*' || Number(total) === version.totalBytes;
  return status === 206 && Number(start) === bytes && sameSize;
}
