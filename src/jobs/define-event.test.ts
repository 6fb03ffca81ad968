import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { isAppError } from '../errors/app-error.ts';
import { defineEvent, type EventData } from './define-event.ts';

const lessonProcess = defineEvent(
  'import/lesson.process',
  z.object({
    importId: z.string(),
    attempt: z.int().optional(),
    range: z.strictObject({ from: z.number(), to: z.number() }).optional(),
  }),
);

/** What a call threw, as an error of ours. */
function refusal(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isAppError(error, 'EVENT_INVALID')) return error;
    throw error;
  }
  throw new Error('Nothing was refused');
}

describe('an event’s name', () => {
  it.each(['import/lesson.process', 'platform/outbox-row.sent', 'a/b.c'])('may be "%s"', (name) => {
    expect(defineUnchecked(name).name).toBe(name);
  });

  it.each([
    'lesson.process',
    'import/lesson',
    'Import/lesson.process',
    'import/lesson.process.now',
    'import/a/b.c',
    'import/lesson process.x',
    'import/lesson.',
    '/lesson.process',
    'import/1esson.process',
    '',
  ])('may not be "%s"', (name) => {
    expect(refusal(() => defineUnchecked(name)).message).toContain('<domain>/<noun>.<verb>');
  });

  it('may not be one of the engine’s own', () => {
    expect(refusal(() => defineUnchecked('inngest/function.failed')).message).toContain('reserved');
  });

  it('of another form does not compile', () => {
    const schema = z.object({});
    // @ts-expect-error no domain
    refusal(() => defineEvent('lesson.process', schema));
    // @ts-expect-error no verb
    refusal(() => defineEvent('import/lesson', schema));
    // @ts-expect-error upper case
    refusal(() => defineEvent('import/Lesson.process', schema));
    // @ts-expect-error two nouns
    refusal(() => defineEvent('import/course/lesson.process', schema));
    // @ts-expect-error reserved
    refusal(() => defineEvent('inngest/function.failed', schema));
  });
});

describe('an event’s schema', () => {
  it.each([
    ['a default', z.object({ a: z.string().default('x') })],
    ['a transform', z.object({ a: z.string().transform((text) => text.length) })],
    ['a coercion', z.object({ a: z.coerce.number() })],
    ['a trim', z.object({ a: z.string().trim() })],
    ['a fallback', z.object({ a: z.string().catch('x') })],
    ['a preprocessor', z.object({ a: z.preprocess((value) => value, z.string()) })],
    ['a date', z.object({ a: z.date() })],
    ['a bigint', z.object({ a: z.bigint() })],
    ['anything', z.object({ a: z.unknown() })],
    [
      'something changing deep inside',
      z.object({ b: z.array(z.union([z.strictObject({ a: z.string().trim() })])) }),
    ],
    ['an inner object that lets unknown fields pass', z.object({ a: z.object({}) })],
    ['a literal that JSON has not', z.object({ a: z.literal(undefined) })],
  ])('may not have %s', (_what, schema) => {
    expect(refusal(() => defineUnchecked('a/b.c', schema)).message).toMatch(
      /^Cannot define event "a\/b.c": data\./,
    );
  });

  it('may have every plain kind', () => {
    const schema = z.object({
      text: z
        .string()
        .min(1)
        .refine((text) => text !== 'no'),
      number: z.number().nullable(),
      flag: z.boolean().optional(),
      kind: z.enum(['a', 'b']),
      one: z.literal([1, 'x', null]),
      list: z.array(z.strictObject({ id: z.ulid() })),
      pair: z.tuple([z.string(), z.int()]).readonly(),
      byName: z.record(z.string(), z.number()),
      either: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('x') })]),
    });

    expect(defineEvent('a/b.c', schema).name).toBe('a/b.c');
  });

  it('that changes a payload does not compile', () => {
    // @ts-expect-error a default makes input and output differ
    refusal(() => defineEvent('a/b.c', z.object({ a: z.string().default('x') })));
    // @ts-expect-error so does a coercion
    refusal(() => defineEvent('a/b.c', z.object({ a: z.coerce.number() })));
    // @ts-expect-error and a transform
    refusal(() => defineEvent('a/b.c', z.object({ a: z.string().transform((text) => text.length) })));
  });
});

describe('making an event', () => {
  it('gives name, payload and id as they are', () => {
    expect(lessonProcess.create({ importId: 'imp_1', attempt: 2 }, { id: 'evt_1' })).toEqual({
      name: 'import/lesson.process',
      data: { importId: 'imp_1', attempt: 2 },
      id: 'evt_1',
    });
  });

  it('with a wrong payload does not compile, and is refused with the path of each wrong field', () => {
    // @ts-expect-error a number where a text belongs
    expect(refusal(() => lessonProcess.create({ importId: 5 })).message).toBe(
      'Cannot accept event "import/lesson.process": data.importId: Invalid input: expected string, received number',
    );
    // @ts-expect-error a field is missing
    expect(refusal(() => lessonProcess.create({})).message).toContain('data.importId');
    // @ts-expect-error an unknown field
    expect(refusal(() => lessonProcess.create({ importId: 'imp_1', url: 'x' })).message).toContain(
      'data.url: no such field',
    );
    const range = { from: 0, to: '9' };
    // @ts-expect-error wrong deep inside
    expect(refusal(() => lessonProcess.create({ importId: 'imp_1', range })).message).toContain(
      'data.range.to',
    );
  });

  it('never tells a wrong value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (secret) => {
        const { message, publicMessage } = refusal(() =>
          lessonProcess.parse({ importId: 'imp_1', attempt: secret }),
        );

        expect(message + publicMessage).not.toContain(secret);
      }),
    );
  });

  it('and reading it back from JSON is the identity', () => {
    const data = fc.record(
      {
        importId: fc.string(),
        attempt: fc.integer(),
        range: fc.record({ from: fc.integer(), to: fc.integer() }),
      },
      { requiredKeys: ['importId'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(data, (payload) => {
        const received: unknown = JSON.parse(JSON.stringify(lessonProcess.create(payload).data));

        expect(lessonProcess.parse(received)).toEqual(payload);
      }),
    );
  });

  it('has the payload’s type', () => {
    expectTypeOf<EventData<typeof lessonProcess>['importId']>().toEqualTypeOf<string>();
    expectTypeOf(lessonProcess.create).parameter(0).not.toBeAny();
    expectTypeOf(lessonProcess.parse({ importId: '' }).range).toEqualTypeOf<
      { from: number; to: number } | undefined
    >();
  });
});

/** As code without types would call it. */
function defineUnchecked(name: string, schema: z.ZodObject = z.object({})) {
  return defineEvent(name as 'any/name.works', schema);
}
