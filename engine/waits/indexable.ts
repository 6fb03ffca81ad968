import { createHash } from 'node:crypto';

const longestText = 200;

/** A text as PostgreSQL can index it: a long one, or one with a NUL in it, is replaced by its hash. */
export function indexable(text: string): string {
  if (text.length <= longestText && !text.includes('\0')) return text;
  return createHash('sha256').update(text).digest('hex');
}
