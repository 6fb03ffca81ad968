import type { HttpAnswer } from '../http/types.ts';

/** What a server said about a file; tells whether a rest belongs to what is there already. */
export interface Version {
  /** A strong ETag or a date that is as good, for `If-Range` (RFC 9110 §13.1.5). Null: nothing would tell that the file has changed. */
  readonly validator: string | null;
  /** Null when the server does not say it. */
  readonly totalBytes: number | null;
}

/** Where the bytes of a part belong (RFC 9110 §14.4). */
export interface ContentRange {
  readonly startByte: number;
  readonly bytes: number;
  readonly totalBytes: number | null;
}

type Answer = Pick<HttpAnswer, 'status' | 'headers' | 'unpacked'>;

export function versionOf(answer: Answer): Version {
  const { headers, unpacked } = answer;
  const totalBytes =
    answer.status === 206 ? readContentRange(answer)?.totalBytes : readBytes(headers.get('content-length'));
  // Compressed bytes have other positions than those that are kept.
  return { validator: unpacked ? null : validatorOf(headers), totalBytes: totalBytes ?? null };
}

/** Null when the answer holds no single part, or one whose positions are none of the stored bytes. */
export function readContentRange({ status, headers, unpacked }: Answer): ContentRange | null {
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headers.get('content-range')?.trim() ?? '') ?? [];
  const startByte = readBytes(first);
  const lastByte = readBytes(last);
  const totalBytes = readBytes(total);
  if (status !== 206 || unpacked || startByte === null || lastByte === null) return null;
  if (lastByte < startByte || (totalBytes !== null && lastByte >= totalBytes)) return null;
  return { startByte, bytes: lastByte - startByte + 1, totalBytes };
}

/** The file's length as an answer of 416 tells it; null when it does not. */
export function readUnsatisfiedRange(headers: Headers): number | null {
  return readBytes(/^bytes \*\/(\d+)$/i.exec(headers.get('content-range')?.trim() ?? '')?.[1]);
}

/**
 * True when a part belongs to the version: parts of two must never be put together (RFC 9110 §15.3.7.3). A part has the ETag
 * of the whole; a date may be left out of the answer to `If-Range` (§15.3.7).
 */
export function isOfVersion({ headers }: Answer, range: ContentRange, version: Version): boolean {
  const { validator, totalBytes } = version;
  if (validator === null) return false;
  if (totalBytes !== null && range.totalBytes !== null && range.totalBytes !== totalBytes) return false;
  if (validator.startsWith('"')) return headers.get('etag') === validator;
  return (headers.get('last-modified') ?? validator) === validator;
}

/** A date says which version it is only if no second change fits into its second (RFC 9110 §8.8.2.2). */
function validatorOf(headers: Headers): string | null {
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) return etag;
  const modified = headers.get('last-modified');
  const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(modified ?? '');
  return ageMs >= 1_000 ? modified : null;
}

function readBytes(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^\d+$/.test(text)) return null;
  const bytes = Number(text);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
