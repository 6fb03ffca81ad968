/** A JSON text, its beginning only if it is long: a page shows dozens of them, and each may have megabytes. */
export interface Excerpt {
  readonly text: string;
  /** Of the whole text. */
  readonly bytes: number;
  readonly isCut: boolean;
}

/** Characters. */
export const longestJson = 8_000;
/** Characters. An error is shown by its fields, which takes all of its text. */
export const longestError = 60_000;

/** Two columns: the beginning of a column and the bytes of the whole, to be read by `toExcerpt`. */
export function excerptColumns(column: string, longest: number): string {
  return `left(${column}::text, ${longest + 1}) as ${column}, octet_length(${column}::text) as ${column}_bytes`;
}

export function toExcerpt(text: string | null, bytes: number | null, longest: number): Excerpt | null {
  if (text === null) return null;
  return { text: text.slice(0, longest), bytes: bytes ?? 0, isCut: text.length > longest };
}
