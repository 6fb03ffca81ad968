import type { ByteRange } from '../../src/storage/types.ts';

export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: Required<ByteRange> }
  | { readonly kind: 'unsatisfiable' };

/**
 * What to answer to a `Range` header (RFC 9110 §14.2). A malformed header, another unit than bytes, or several ranges are
 * answered with the whole, which the RFC allows.
 *
 * @param bytes size of the whole
 */
export function parseRange(header: string | null, bytes: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(' ', '') ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return { kind: 'whole' };

  if (first === '') {
    const suffix = Number(last);
    if (suffix === 0 || bytes === 0) return { kind: 'unsatisfiable' };
    return { kind: 'part', range: { start: Math.max(0, bytes - suffix), end: bytes - 1 } };
  }

  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  return start < bytes ? { kind: 'part', range: { start, end } } : { kind: 'unsatisfiable' };
}
