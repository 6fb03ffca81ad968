import type { z } from 'zod';

type AnySchema = z.core.$ZodType;
type KnownDefinition = z.core.$ZodTypes['_zod']['def'];

/**
 * Why a schema cannot describe an event's payload, or null when it can.
 *
 * A payload is checked where it is made and again where it arrives, and travels as JSON in between. So its schema may only
 * say yes or no: a default, a transform, a coercion or a trim would change the payload on one of the sides, and a date or a
 * bigint does not survive the way.
 *
 * @param path where the schema stands within the payload, for the answer
 */
export function findNotPlain(schema: AnySchema, path = 'data'): string | null {
  const definition = definitionOf(schema);
  const changing = findChangingCheck(definition);
  if (changing !== null) return `${path} ${changing}`;

  switch (definition.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'enum':
    case 'template_literal':
      return null;
    case 'literal':
      return definition.values.every(isJsonPrimitive) ? null : `${path} has a literal that JSON cannot carry`;
    case 'optional':
    case 'nullable':
    case 'readonly':
      return findNotPlain(definition.innerType, path);
    case 'array':
      return findNotPlain(definition.element, `${path}[]`);
    case 'tuple':
      return findFirst([...definition.items, ...(definition.rest ? [definition.rest] : [])], `${path}[]`);
    case 'record':
      return findFirst([definition.keyType, definition.valueType], `${path}{}`);
    case 'union':
      return findFirst(definition.options, path);
    case 'object':
      if (path !== 'data' && definition.catchall?._zod.def.type !== 'never') {
        return `${path} lets unknown fields pass; use z.strictObject`;
      }
      return findFirstOf(
        Object.entries(definition.shape).map(([key, field]) => findNotPlain(field, `${path}.${key}`)),
      );
    default:
      return `${path} is of the kind "${definition.type}"; use only strict objects, arrays, records, unions and JSON's own values, unchanged`;
  }
}

function findFirst(schemas: readonly AnySchema[], path: string): string | null {
  return findFirstOf(schemas.map((schema) => findNotPlain(schema, path)));
}

function findFirstOf(answers: ReadonlyArray<string | null>): string | null {
  return answers.find((answer) => answer !== null) ?? null;
}

function findChangingCheck(definition: KnownDefinition): string | null {
  if ('coerce' in definition && definition.coerce === true) return 'coerces its value';
  if ('normalize' in definition && definition.normalize === true) return 'normalises its value';
  const changes = definition.checks?.some((check) => check._zod.def.check === 'overwrite') ?? false;
  return changes ? 'changes its value, as trim() does' : null;
}

function isJsonPrimitive(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** The base type of zod's schemas hides the kinds; every instance is one of them. */
function definitionOf(schema: AnySchema): KnownDefinition {
  return schema._zod.def as KnownDefinition;
}
