import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Inngest SDK spec 4.1: the key proper follows a prefix such as `signkey-prod-`, and is used as text. */
const prefixPattern = /^signkey-\w+-/;

/**
 * The value of `X-Inngest-Signature` for a body (Inngest SDK spec 4.1.1).
 *
 * @param timeSeconds Unix time; the receiver allows it to be five minutes off
 */
export function signature(signingKey: string, body: string, timeSeconds: number): string {
  const key = signingKey.replace(prefixPattern, '');
  const mac = createHmac('sha256', key).update(body).update(String(timeSeconds)).digest('hex');
  return `t=${timeSeconds}&s=${mac}`;
}

/** Whether a signature belongs to the body and was made within `clockSkewMs` of `nowMs`. */
export function isSignatureValid(
  signingKey: string,
  body: string,
  value: string,
  nowMs: number,
  clockSkewMs: number,
): boolean {
  const parts = new URLSearchParams(value);
  const timeSeconds = Number(parts.get('t'));
  if (!Number.isSafeInteger(timeSeconds) || Math.abs(nowMs - timeSeconds * 1_000) > clockSkewMs) return false;
  return isSameSecret(value, signature(signingKey, body, timeSeconds));
}

/**
 * The token that an SDK with this signing key sends as `Authorization: Bearer` (Inngest SDK spec 4.1.3): the prefix, then
 * the hex SHA-256 of the key read as hex digits.
 */
export function apiToken(signingKey: string): string {
  const prefix = prefixPattern.exec(signingKey)?.[0] ?? '';
  const key = signingKey.slice(prefix.length);
  return prefix + createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex');
}

/** Compares two secrets in a time that tells nothing about them. */
export function isSameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
