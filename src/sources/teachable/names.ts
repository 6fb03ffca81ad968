import { fileNameInUrl } from '../../content/addresses.ts';

/**
 * A name for people: Unicode NFC (uploads from macOS arrive decomposed), white space and control characters collapsed, and
 * `fallback` when nothing is left. Long names stay whole.
 */
export function readableName(name: string | null, fallback: string): string {
  return collapse(name) || fallback;
}

/** The same for an optional text. */
export function readableText(text: string | null): string | null {
  return collapse(text) || null;
}

/** An uploaded file's name, or one made from its address or its kind. */
export function readableFileName(name: string | null, url: string | null, fallback: string): string {
  return collapse(name) || (url === null ? null : fileNameInUrl(url)) || fallback;
}

/**
 * The file type that the source claims, lower case and without dot: its own field, else the last extension of the name
 * (`talk.wmv.mp4` is an mp4). Null when neither looks like one.
 */
export function claimedExtension(field: string | null, fileName: string): string | null {
  const candidates = [field ?? '', /\.([^.]+)$/.exec(fileName)?.[1] ?? ''];
  const [first] = candidates
    .map((candidate) => candidate.trim().replace(/^\./, '').toLowerCase())
    .filter((candidate) => /^[a-z0-9]{1,10}$/.test(candidate));
  return first ?? null;
}

function collapse(text: string | null): string {
  return (text ?? '')
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}
