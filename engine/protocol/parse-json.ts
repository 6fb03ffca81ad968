import { maxDepth } from './canonical-json.ts';

/** Shorter texts cannot do harm by their shape alone. */
const checkedFromLength = 1024 * 1024;
/** A million empty objects take half a second to read, and hundreds of megabytes when there are twenty times as many. */
const maxContainers = 1_000_000;

/**
 * Parses JSON that comes from outside. What `JSON.parse` would need seconds or gigabytes for is refused before it is tried.
 *
 * @throws {SyntaxError} when the text is not JSON, is nested too deep or has too many objects and arrays
 */
export function parseJson(text: string): unknown {
  if (text.length > checkedFromLength) assertSensibleShape(text);
  return JSON.parse(text);
}

const backslash = 0x5c;

function assertSensibleShape(text: string): void {
  let depth = 0;
  let containers = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) index = endOfString(text, index);
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth) throw new SyntaxError(`JSON is nested more than ${maxDepth} levels deep`);
      if (containers > maxContainers)
        throw new SyntaxError(`JSON has more than ${maxContainers} objects and arrays`);
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
}

/** The place of the quote that ends the string which begins at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
