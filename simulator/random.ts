/** Deterministic chance: the same seed and words give the same number, whatever the order of calls. */

/** A whole number from 0 to 2³² − 1 that depends on every part (FNV-1a, then a final mix). */
export function hashNumber(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join('\u0000')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number from 0 (included) to 1 (excluded). */
export function chance(...parts: readonly (string | number)[]): number {
  return hashNumber(...parts) / 2 ** 32;
}

/** One of the items; the list must not be empty. */
export function pick<T>(items: readonly T[], ...parts: readonly (string | number)[]): T {
  const item = items[Math.floor(chance(...parts) * items.length)];
  if (item === undefined) throw new Error('Cannot pick: the list is empty');
  return item;
}

/** A shuffled copy. */
export function shuffle<T>(items: readonly T[], ...parts: readonly (string | number)[]): T[] {
  return items
    .map((item, index) => ({ item, rank: hashNumber(...parts, index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** `length` lower-case hexadecimal digits. */
export function hexadecimal(length: number, ...parts: readonly (string | number)[]): string {
  let digits = '';
  for (let part = 0; digits.length < length; part += 1) {
    digits += hashNumber(...parts, part)
      .toString(16)
      .padStart(8, '0');
  }
  return digits.slice(0, length);
}
