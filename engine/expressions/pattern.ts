import { RE2JS } from 're2js';

const maxKept = 500;
const patterns = new Map<string, RE2JS>();

/**
 * Whether a regular expression is found in a text. Its syntax is that of RE2, as the CEL specification says, and it takes
 * linear time: texts come from outside, and must not be able to keep the engine busy.
 *
 * @throws {Error} when the pattern cannot be read
 */
export function isFound(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text).find();
}

function compile(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(pattern);
  if (patterns.size >= maxKept) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}
