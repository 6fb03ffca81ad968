import { createHash, createHmac } from 'node:crypto';

const keyPrefix = /^signkey-\w+-/;

/** The bearer token of a signing key (Inngest SDK spec 4.1.1): its prefix, and the SHA-256 of its hex-decoded rest. */
export function bearerToken(signingKey: string): string {
  const prefix = keyPrefix.exec(signingKey)?.[0] ?? '';
  const bytes = Buffer.from(signingKey.slice(prefix.length), 'hex');
  return prefix + createHash('sha256').update(bytes).digest('hex');
}

/** The value of `X-Inngest-Signature` (Inngest SDK spec 4.1.3). */
export function sign(signingKey: string, body: string, timestampSeconds: number): string {
  const mac = createHmac('sha256', signingKey.replace(keyPrefix, '')).update(body + timestampSeconds);
  return `t=${timestampSeconds}&s=${mac.digest('hex')}`;
}

/** JSON with its keys sorted at every level (RFC 8785), which is what an SDK checks signatures over. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
