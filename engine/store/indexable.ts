import { createHash } from 'node:crypto';

const longestText = 200;

/**
 * A text that PostgreSQL can index and gives back as it was: one that is long, has a NUL in it or half of a surrogate pair is
 * replaced by its hash.
 */
export function indexable(text: string): string {
  if (text.length <= longestText && !text.includes('\0') && text.isWellFormed()) return text;
  return createHash('sha256').update(text).digest('hex');
}
