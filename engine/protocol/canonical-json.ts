/** JSON in the canonical form of RFC 8785. Everything the engine stores or sends is such text, so that it can be signed as it is. */
export type JsonText = string & { readonly canonicalJson?: never };

export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Writes a value as canonical JSON (RFC 8785): keys sorted by UTF-16 code units, numbers as ECMAScript writes them.
 *
 * Keys whose value is undefined are left out, as `JSON.stringify` does.
 *
 * @throws {TypeError} for values that JSON does not have (functions, symbols, bigints, NaN, infinities) and for absurd nesting
 */
export function canonicalJson(value: unknown): JsonText {
  return write(value, 0);
}

/** PostgreSQL and our own recursion have an end somewhere; this is far before it and far beyond sense. */
const maxDepth = 1_000;

function write(value: unknown, depth: number): JsonText {
  if (depth > maxDepth)
    throw new TypeError(`Cannot write JSON: it is nested more than ${maxDepth} levels deep`);
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
        ? canonicalArray(value, depth + 1)
        : canonicalObject(value as JsonObject, depth + 1);
    default:
      throw new TypeError(`Cannot write a ${typeof value} as JSON: JSON has no such value`);
  }
}

function canonicalArray(items: readonly unknown[], depth: number): JsonText {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    text += (index === 0 ? '' : ',') + (item === undefined ? 'null' : write(item, depth));
  }
  return `${text}]`;
}

function canonicalObject(object: JsonObject, depth: number): JsonText {
  let text = '';
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(value, depth)}`;
  }
  return `{${text}}`;
}
