/** JSON in the canonical form of RFC 8785. Everything the engine stores or sends is such text, so that it can be signed as it is. */
export type JsonText = string & { readonly canonicalJson?: never };

export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How deep values from outside may be nested. PostgreSQL and our own recursion end far behind it, and sense far before. */
export const maxDepth = 1_000;

/** How deep values may be nested that the engine has wrapped itself. */
const maxWrappedDepth = 2_000;

/** A value is nested too deep to be written. */
export class TooDeep extends TypeError {
  override readonly name = 'TooDeep';

  constructor(depth: number) {
    super(`Cannot write JSON: it is nested more than ${depth} levels deep`);
  }
}

/**
 * Writes a value as canonical JSON (RFC 8785): keys sorted by UTF-16 code units, numbers as ECMAScript writes them.
 *
 * Keys whose value is undefined are left out, as `JSON.stringify` does.
 *
 * @throws {TypeError} for values that JSON does not have (functions, symbols, bigints, NaN, infinities)
 * @throws {TooDeep}
 */
export function canonicalJson(value: unknown): JsonText {
  return write(value, maxDepth, maxDepth);
}

/**
 * The same for something of the engine's own that has values from outside in it, which may be as deep as they are allowed to
 * be: an event about the end of a run about the end of a run …
 */
export function wrappingJson(value: unknown): JsonText {
  return write(value, maxWrappedDepth, maxWrappedDepth);
}

/** @param left levels that there may still be */
function write(value: unknown, left: number, levels: number): JsonText {
  if (left < 0) throw new TooDeep(levels);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value))
        throw new TypeError(`Cannot write ${value} as JSON: it is not a finite number`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? canonicalArray(value, left - 1, levels)
        : canonicalObject(value as JsonObject, left - 1, levels);
    default:
      throw new TypeError(`Cannot write a ${typeof value} as JSON: JSON has no such value`);
  }
}

function canonicalArray(items: readonly unknown[], left: number, levels: number): JsonText {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    text += (index === 0 ? '' : ',') + (item === undefined ? 'null' : write(item, left, levels));
  }
  return `${text}]`;
}

function canonicalObject(object: JsonObject, left: number, levels: number): JsonText {
  let text = '';
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(value, left, levels)}`;
  }
  return `{${text}}`;
}
