/** What stands in the place of a secret. */
export const redacted = '[redacted]';

const secretName =
  '(?:x[-_])?api[-_ ]?key|(?:proxy-)?authorization|(?:set-)?cookie|pass(?:word|wd|phrase)?|secret(?:[-_ ]?(?:access[-_ ]?)?key)?|' +
  '(?:signing|event|encryption|private|access)[-_ ]?key(?:[-_ ]?(?:id|fallback))?|(?:[a-z]+[-_])?token|' +
  '(?:x-inngest-|x-amz-)?signature|x-amz-(?:credential|security-token)|hdnts|hdnea|encrypted[-_]?key|key[-_]?fingerprint|' +
  'inngest_(?:event|signing)_key(?:_fallback)?|teachable_api_key|encryption_key|courseport_[a-z_]*token';

const secretField = new RegExp(`^(?:${secretName})$`, 'i');

/**
 * Texts that are secret by their form, with what replaces them. Signed URLs carry their right in the query, so every query
 * goes; so do user names and passwords in front of a host, and the event key in the engine's own `/e/<key>`.
 */
const secretTexts: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s"'<>\\/?#@]+@/gi, `$1${redacted}@`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>\\?#]*)[?#][^\s"'<>\\]*/gi, `$1?${redacted}`],
  [/(\/e\/)[\w.~%-]{8,}/g, `$1${redacted}`],
  [/\bsignkey-\w+-\w+/gi, redacted],
  [/\beventkey-\w+/gi, redacted],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${redacted}`],
  [
    new RegExp(
      `(?<![a-z0-9])(${secretName}|sig|policy|key-pair-id)(\\\\*["']?\\s*[=:]\\s*\\\\*["']?)(?!\\[redacted\\])(?:(?:Bearer|Basic)\\s+)?[^\\s"'\\\\,;&}<>]+`,
      'gi',
    ),
    `$1$2${redacted}`,
  ],
];

/**
 * The text without anything that looks like a secret: query strings of URLs, credentials, keys, tokens, signatures.
 *
 * @param known secrets by their value, removed wherever they stand
 */
export function redactText(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) clean = clean.replaceAll(secret, redacted);
  for (const [pattern, replacement] of secretTexts) clean = clean.replace(pattern, replacement);
  return clean;
}

/** True for the name of a field that holds a secret, such as `apiKey`, `authorization` or `token`. */
export function isSecretField(name: string): boolean {
  return secretField.test(name);
}

/** The same JSON with secret fields and secret texts replaced. Text that is no JSON comes back as redacted text. */
export function redactJson(json: string, known: readonly string[] = []): string {
  let value: unknown;
  try {
    value = JSON.parse(json, (key, field: unknown) => {
      if (isSecretField(key) && field !== null) return redacted;
      return typeof field === 'string' ? redactText(field, known) : field;
    });
  } catch {
    return redactText(json, known);
  }
  return JSON.stringify(value);
}
