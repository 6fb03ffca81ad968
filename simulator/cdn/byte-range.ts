/** The bytes that a request asks for; `end` is excluded. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Reads a `Range` header of one byte range (RFC 9110 §14.1.2).
 *
 * @returns null when the header is to be ignored (absent, another unit, several ranges, malformed), `'unsatisfiable'` when it
 * begins behind the end.
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return null;
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || sizeBytes === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, sizeBytes - suffix), end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return null;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
