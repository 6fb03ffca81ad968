import { describe, expect, it } from 'vitest';
import { compileExpression, InvalidExpression } from './expression.ts';

const event = {
  name: 'c/t',
  ts: 1,
  user: {},
  data: {
    a: 1,
    b: 'x',
    c: null,
    f: 1.5,
    d: { e: [1, 2] },
    U: 'UP',
    t: '2024-01-01T00:00:00Z',
    bool: true,
  },
};

const isTrue = (text: string) => compileExpression(text, ['event']).isTrue({ event });

describe('expressions', () => {
  it.each([
    'event.data.a == 1',
    'event.data.a == 1.0',
    'event.data.f > 1',
    "event.data.missing != 'x'",
    'event.data.missing == null',
    'event.data.c == null',
    'event.data.missing < 1',
    "event.data.d.zz.yy != 'q'",
    'event.data.missing || event.data.a == 1',
    'event.data.bool',
    'true',
    '1 in event.data.d.e',
    'event.data.d.e[0] == 1',
    "event.data['b'] == 'x'",
    'event.data.a in [1,2]',
    'event.data.d.e.exists(x, x == 2)',
    'has(event.data.a)',
    "event.data.b.startsWith('x')",
    "event.data.b.matches('^x')",
    'size(event.data.d.e) == 2',
    'event.data.d.e.size() == 2',
    "event.data.b + event.data.a == 'x1'",
    "event.data.b + '-' + event.data.b == 'x-x'",
    "date(event.data.t) < date('2025-01-01')",
    "event.data.t > '2023'",
    "lowercase(event.data.U) == 'up'",
    "uppercase(event.data.b) == 'X'",
    "b64decode('aGk=') == 'hi'",
    'json_parse(\'{"q":1}\').q == 1',
    "string(event.data.a) == '1'",
    'int(event.data.f) == 1',
    "event.name == 'c/t'",
    'event.ts > 0',
    'event.user.id == null',
    'event.data.a > 0 ? true : false',
    "event.data.a > 'x' || true",
    "now_plus('1h') > now_minus('1h')",
    "date(event.data.t) < now_minus('1h')",
    "date(event.data.t) + duration('24h') == date('2024-01-02')",
    "date('2024-01-02') - date(event.data.t) == duration('1d')",
    'event.data.d.e.all(x, x > 0) && event.data.d.e.map(x, x * 2) == [2, 4]',
  ])('holds: %s', (text) => {
    expect(isTrue(text)).toBe(true);
  });

  it.each([
    "event.data.a == '1'",
    "event.data.missing == 'x'",
    'event.data.missing > 1',
    '!event.data.missing',
    'event.data.missing',
    "event.data.d.zz.yy == 'q'",
    'event.data.missing && event.data.a == 1',
    'event.data.b',
    'event.data.a',
    'has(event.data.missing)',
    "event.data.b.contains('z')",
    "event.data.a > 'x'",
    "event.name == 'c/u'",
    "event.data.missing.startsWith('x')",
    'size(event.data.missing) == 0',
    '1 in event.data.missing',
    "event.data.b.matches('(')",
    'event.data.a / 0 == 1',
    "now_plus('soon') > now_minus('1h')",
  ])('does not hold: %s', (text) => {
    expect(isTrue(text)).toBe(false);
  });

  it('take no longer for a text that was made to keep a pattern busy', () => {
    const text = `${'a'.repeat(100_000)}b`;
    const pattern = compileExpression("event.data.text.matches('^(a+)+$')", ['event']);

    expect(pattern.isTrue({ event: { data: { text } } })).toBe(false);
  });

  it.each(['event.data.', 'nobody.data', 'frobnicate(event)', 'event.data ==', ''])(
    'refuses to compile "%s"',
    (text) => {
      expect(() => compileExpression(text, ['event'])).toThrow(InvalidExpression);
    },
  );
});
