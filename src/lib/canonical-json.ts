import { createHash } from 'node:crypto';

/**
 * JSON with one text for equal values: keys sorted by UTF-16 code units, as RFC 8785 §3.2.3 has it, and `undefined` members
 * left out.
 *
 * @param indent spaces a level; none gives a single line
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return JSON.stringify(sorted(value), null, indent);
}

/** SHA-256 of the canonical JSON, lower-case hex: equal for equal values, whatever the order of their keys. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // Members of a list, not assignments: a key named `__proto__` has to survive.
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
