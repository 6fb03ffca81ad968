const excerptLength = 120;

/** Only a start is looked at: an excerpt never needs more, and a body may be large. */
const inspectedLength = 4_096;

/**
 * What a body starts with, for messages and logs: one line, without the given secret, without queries of addresses and without
 * anything that has the look of a key or token.
 */
export function safeExcerpt(body: string, secret: string): string {
  const text = body
    .slice(0, inspectedLength)
    .replaceAll(secret === '' ? '\0' : secret, '***')
    .replace(/\?[^\s"'<>]*/g, '?***')
    .replace(/[A-Za-z0-9_~+/=-]{24,}/g, (word) => (isPath(word) ? word : '***'))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text;
}

/** Long because of its slashes, such as a closing tag's or a path's, not because it is a token. */
function isPath(word: string): boolean {
  return word.split('/').every((part) => part.length < 24);
}
