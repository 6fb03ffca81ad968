import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../expressions/expression.ts';
import { keyOf, planMatch } from './event-match.ts';

const trigger = { name: 'a', data: { id: 'x', n: 1, deep: { list: [1, 2], flag: true }, other: 'unused' } };

describe('the condition of a wait', () => {
  it.each([
    ['event.data.id == async.data.id', '["data","id"]'],
    ["async.data['id'] == 'x' && async.data.n > 3", '["data","id"]'],
    ['async.data.n > 3 && (event.data.n == async.data.n && true)', '["data","n"]'],
    ['event.data.deep.list[0] == async.data.list[1]', '["data","list",1]'],
    ['event.data.n + 1 == async.data.n', '["data","n"]'],
    ['async.data.missing == event.data.missing', '["data","missing"]'],
  ])('%s is looked up by %s', (text, path) => {
    expect(planMatch(text, trigger).key?.path).toBe(path);
  });

  it.each([
    'async.data.id == event.data.id || true',
    'async.data.n != event.data.n',
    'async.data.id == async.data.n',
    'async.data.list == event.data.deep.list',
    "async.data.t == now_plus('1h')",
    'async.data.t == string(now())',
    '!(async.data.id == event.data.id)',
    "async.data[async.data.key] == 'x'",
  ])('%s is not looked up by a value', (text) => {
    expect(planMatch(text, trigger).key).toBeNull();
  });

  it('keeps only the parts of the triggering event that it names', () => {
    const { event } = planMatch(
      'event.data.id == async.data.id && event.data.deep.flag && has(event.data.none) && event.data.deep.list[1] == 2',
      trigger,
    );

    expect(JSON.parse(event ?? '')).toEqual({ data: { id: 'x', deep: { flag: true, list: [1, 2] } } });
  });

  it('keeps the whole triggering event if it names it as a whole, unless that is large', () => {
    expect(JSON.parse(planMatch('size(event) > async.data.n', trigger).event ?? '')).toEqual(trigger);
    const large = { data: { text: 'x'.repeat(100_000) } };
    expect(planMatch('event.data.text == async.data.text', large).event).toBeNull();
  });

  it('finds each event that meets it, by the key and by the parts that are kept', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(null, true, false, 0, 1, 1.5, '', '1', 'x'),
      fc.constantFrom<unknown>([1, 'x'], { a: 1 }, [], {}),
    );
    const data = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(value, fc.dictionary(fc.constant('a'), value)),
    );
    const operand = (root: string) =>
      fc.constantFrom('a', 'b', 'c.a', "b['a']", 'a[0]', 'missing').map((path) => `${root}.data.${path}`);
    const literal = fc.constantFrom('null', 'true', '1', "'x'", '1.5', '[1]');
    const comparison = fc
      .tuple(
        fc.oneof(operand('async'), operand('event'), literal),
        fc.constantFrom('==', '==', '==', '!=', '<'),
        fc.oneof(operand('async'), operand('event'), literal),
      )
      .map((parts) => parts.join(' '));
    const expression = fc.oneof(
      comparison,
      fc.tuple(comparison, fc.constantFrom('&&', '&&', '||'), comparison).map((parts) => parts.join(' ')),
      fc.tuple(comparison, comparison, comparison).map(([a, b, c]) => `(${a} || ${b}) && ${c}`),
      comparison.map((text) => `!(${text})`),
    );

    let matches = 0;
    fc.assert(
      fc.property(expression, data, data, (text, own, incoming) => {
        const compiled = compileExpression(text, ['event', 'async']);
        const event = { name: 'own', data: own };
        const async = { name: 'incoming', data: incoming };
        const isMatch = compiled.isTrue({ event, async });
        const match = planMatch(text, event);

        expect(compiled.isTrue({ event: JSON.parse(match.event ?? ''), async })).toBe(isMatch);
        if (isMatch && match.key !== null) {
          matches += 1;
          expect(keyOf(match.key.path, async)).toEqual(match.key);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(matches).toBeGreaterThan(50);
  });
});
