import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerQuery, QueryProblem } from './query.ts';

const root = {
  run: (args: { readonly [key: string]: unknown }) => {
    if (args.runID !== 'r1') throw new QueryProblem('run not found');
    return {
      id: args.runID,
      status: 'RUNNING',
      spans: async () => [{ name: 'a' }, { name: 'b' }],
      none: null,
    };
  },
  event: () => {
    throw new QueryProblem('event not found', { isFatal: true });
  },
  version: 7,
};

const ask = (query: string, variables = {}, operationName: string | null = null) =>
  answerQuery(root, { query, variables, operationName });

describe('a query', () => {
  it('gets the fields it asks for, under the names it gives them', async () => {
    const query = `
      query First { version }
      # The second one, with everything.
      query Second($id: String! = "r1") {
        mine: run(runID: $id) { ...facts none { x } spans { name, __typename } ... on Run { status } }
      }
      fragment facts on Run { id }`;

    expect(await ask(query, {}, 'Second')).toEqual({
      data: {
        mine: {
          id: 'r1',
          status: 'RUNNING',
          none: null,
          spans: [
            { name: 'a', __typename: 'Object' },
            { name: 'b', __typename: 'Object' },
          ],
        },
      },
    });
    expect(await ask(query, {}, 'First')).toEqual({ data: { version: 7 } });
  });

  it('for something that is not there gets null and the reason', async () => {
    expect(await ask('{ run(runID: "r2") { id } version }')).toEqual({
      errors: [{ message: 'run not found' }],
      data: { run: null, version: 7 },
    });
    expect(await ask('{ event { id } version }')).toEqual({
      errors: [{ message: 'event not found' }],
      data: null,
    });
  });

  it.each([
    ['text', 'hello', 'Syntax Error'],
    ['nothing', '', 'Syntax Error'],
    ['a mutation', 'mutation { deleteAll }', 'only queries'],
    ['several operations and no name', 'query A { version } query B { version }', 'Cannot choose'],
    ['an endless document', `{ ${'version '.repeat(5_000)} }`, 'too many tokens|4000 tokens'],
  ])('that is %s is refused', async (_, query, reason) => {
    const { data, errors } = await ask(query);

    expect(data).toBeUndefined();
    expect(errors?.[0]?.message).toMatch(new RegExp(reason));
  });

  it.each([
    ['an unknown field', '{ nope }', 'Cannot query field "nope"'],
    ['a field of an object itself', '{ toString __proto__ { x } }', 'Cannot query field'],
    ['fields of a number', '{ version { x } }', 'has no fields'],
    ['an unknown fragment', '{ run(runID: "r1") { ...nope } }', 'Unknown fragment'],
    [
      'a fragment within itself',
      '{ run(runID: "r1") { ...a } } fragment a on Run { ...a }',
      'contains itself',
    ],
  ])('with %s gets an error', async (_, query, reason) => {
    const { errors } = await ask(query);

    expect(errors?.[0]?.message).toContain(reason);
  });

  it('is answered, whatever it is', async () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '...',
      'run',
      'spans',
      'version',
      'runID:',
      '"r1"',
      '$x',
      '@skip',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
        const answer = await ask(words.join(' '));
        expect(answer.data !== undefined || answer.errors !== undefined).toBe(true);
      }),
    );
  });
});
