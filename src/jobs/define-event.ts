import { EventType } from 'inngest';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { findNotPlain } from './plain-schema.ts';

const nameForm = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;
const reservedNames = /^inngest\//;
const nameAdvice = 'an event name reads <domain>/<noun>.<verb> in lower case, as in "import/lesson.process"';

/** The name itself when it reads `<domain>/<noun>.<verb>` in lower case, else a sentence that the compiler shows. */
export type EventName<Name extends string> = Name extends `${string}/${string}.${string}`
  ? Name extends
      | `${string}/${string}/${string}`
      | `${string}.${string}.${string}`
      | `${string} ${string}`
      | `inngest/${string}`
    ? BadEventName
    : Name extends Lowercase<Name>
      ? Name
      : BadEventName
  : BadEventName;
type BadEventName = 'An event name reads <domain>/<noun>.<verb> in lower case';

/** The schema itself when what goes in is what comes out, else a sentence that the compiler shows. */
export type PlainSchema<Schema extends z.ZodObject> = [z.input<Schema>] extends [z.output<Schema>]
  ? Schema
  : 'An event schema has no defaults, transforms or coercions';

/** An event ready to be sent. */
export interface CreatedEvent<Name extends string = string, Data = Record<string, unknown>> {
  readonly name: Name;
  readonly data: Data;
  /** The engine starts each job once per id within 24 hours. */
  readonly id?: string;
}

/** A kind of event: its name, its schema, and the way to make one. */
export class DefinedEvent<Name extends string, Schema extends z.ZodObject> {
  readonly name: Name;
  readonly schema: Schema;
  /** The same in Inngest's own words, for `step.waitForEvent` and the like. */
  readonly type: EventType<Name, Schema>;

  constructor(name: Name, schema: Schema) {
    this.name = name;
    this.schema = schema;
    this.type = new EventType({ name, schema });
  }

  /**
   * Makes an event to send.
   *
   * @param options.id the engine starts each job once per id within 24 hours
   * @throws {AppError} `EVENT_INVALID`, naming the path of each wrong field, never its value
   */
  create(
    data: z.input<Schema>,
    options: { readonly id?: string } = {},
  ): CreatedEvent<Name, z.output<Schema>> {
    return { name: this.name, data: this.parse(data), ...options };
  }

  /**
   * The payload of an event that came from outside, typed.
   *
   * @throws {AppError} `EVENT_INVALID`, naming the path of each wrong field, never its value
   */
  parse(data: unknown): z.output<Schema> {
    const parsed = this.schema.safeParse(data);
    if (parsed.success) return parsed.data;

    throw new AppError({
      code: 'EVENT_INVALID',
      message: `Cannot accept event "${this.name}": ${describeIssues(parsed.error)}`,
      publicMessage: 'The platform was asked for work in a form that it does not understand.',
      retry: 'never',
    });
  }
}

/** Any event of ours, whatever its payload. */
// biome-ignore lint/suspicious/noExplicitAny: only `any` is both a subtype and a supertype of every name and schema
export type AnyEvent = DefinedEvent<any, any>;

/** The payload of an event: `EventData<typeof lessonProcess>`. */
export type EventData<Event extends AnyEvent> = z.output<Event['schema']>;

/**
 * Defines a kind of event. Its schema becomes strict: an unknown field is refused, not dropped.
 *
 * @throws {AppError} `EVENT_INVALID` when the name has another form, or the schema would change a payload or hold what JSON
 * cannot carry
 */
export function defineEvent<const Name extends string, Schema extends z.ZodObject>(
  name: EventName<Name>,
  schema: PlainSchema<Schema>,
): DefinedEvent<Name, Schema> {
  const given = { name: name as string, schema: schema as unknown };
  if (!nameForm.test(given.name)) throw undefinable(given.name, nameAdvice);
  if (reservedNames.test(given.name))
    throw undefinable(given.name, 'names in "inngest/" are reserved for the engine');
  if (!(given.schema instanceof z.ZodObject)) throw undefinable(given.name, 'its schema is no z.object');

  const problem = findNotPlain(given.schema);
  if (problem !== null) throw undefinable(given.name, problem);
  return asDefinedEvent(given.name, given.schema.strict());
}

function undefinable(name: string, problem: string): AppError {
  return new AppError({
    code: 'EVENT_INVALID',
    message: `Cannot define event "${name}": ${problem}`,
    publicMessage: 'The platform was built with a wrong event definition; its developers have to correct it.',
    retry: 'never',
  });
}

/** The checks above have shown what the conditional types say; the compiler cannot follow them. */
function asDefinedEvent<Name extends string, Schema extends z.ZodObject>(
  name: string,
  schema: z.ZodObject,
): DefinedEvent<Name, Schema> {
  return new DefinedEvent(name, schema) as unknown as DefinedEvent<Name, Schema>;
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${pathOf([...issue.path, key])}: no such field`)
        : [`${pathOf(issue.path)}: ${issue.message}`],
    )
    .join('; ');
}

function pathOf(path: readonly PropertyKey[]): string {
  return ['data', ...path].map(String).join('.');
}
