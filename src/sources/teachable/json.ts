/** Escapes of characters that PostgreSQL stores neither in text nor in jsonb: NUL, and halves of surrogate pairs. */
const unstorableEscape = /\\u0000|\\ud[89a-f][0-9a-f]{2}/i;

/**
 * Parses JSON into values that PostgreSQL can store: NUL characters are left out, lone surrogates become U+FFFD.
 *
 * @throws {SyntaxError} when it is not JSON
 */
export function parseStorableJson(text: string): unknown {
  if (!unstorableEscape.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'string') return toStorableText(value);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [toStorableText(key), inner]));
  });
}

function toStorableText(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD');
}
