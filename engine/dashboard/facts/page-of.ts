import { encodeTime } from 'ulid';

export const rowsPerPage = 50;

/** Limits of ids that were made within a span of time; ids begin with their time. */
export interface IdRange {
  /** The smallest id that belongs to the range. */
  readonly from: string;
  /** The smallest id that is too large. */
  readonly to: string;
}

const smallestId = '';
/** Greater than any id: ids have no lower-case letters. */
const aboveAllIds = 'z';
const largestTimeMs = 2 ** 48 - 1;

/** @param span times in ms since 1970, both inclusive; null for an open end */
export function idRange(span: { readonly fromMs: number | null; readonly toMs: number | null }): IdRange {
  return {
    from: span.fromMs === null ? smallestId : timePart(span.fromMs),
    to: span.toMs === null ? aboveAllIds : timePart(span.toMs + 1),
  };
}

function timePart(timeMs: number): string {
  return encodeTime(Math.min(Math.max(Math.floor(timeMs), 0), largestTimeMs), 10);
}

/** The smaller of two exclusive upper limits. */
export function lower(a: string, b: string): string {
  return a < b ? a : b;
}

/** One page of a list, newest first, and where the next one begins. */
export interface PageOf<T> {
  readonly rows: readonly T[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** Makes a page of rows of which one more was read than a page has. */
export function toPage<T>(rows: readonly T[], cursorOf: (row: T) => string): PageOf<T> {
  const shown = rows.slice(0, rowsPerPage);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > rowsPerPage && last !== undefined ? cursorOf(last) : null };
}
