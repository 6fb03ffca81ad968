/*
 * Triggers name events, or stand for many by a "*" at their end: `shop/*`, `shop/order.*` (inngest.com/docs, wildcard
 * event triggers). A wildcard stands only after "/" or ".".
 */

const wildcard = '*';
const separators: readonly string[] = ['/', '.'];

/** Whether a text can be the name of a trigger: without a wildcard, or with one in the only place where it has a meaning. */
export function isEventPattern(text: string): boolean {
  const at = text.indexOf(wildcard);
  return at === -1 || (at === text.length - 1 && separators.includes(text.charAt(at - 1)));
}

export function isWildcard(pattern: string): boolean {
  return pattern.endsWith(wildcard);
}

/** All texts that a trigger for the event may have: its name and the patterns that match it. */
export function patternsOf(eventName: string): readonly string[] {
  const patterns = [eventName];
  for (let at = 0; at < eventName.length; at += 1) {
    if (separators.includes(eventName.charAt(at))) patterns.push(eventName.slice(0, at + 1) + wildcard);
  }
  return patterns;
}

export function matchesPattern(pattern: string, eventName: string): boolean {
  return pattern === eventName || (isWildcard(pattern) && eventName.startsWith(pattern.slice(0, -1)));
}
