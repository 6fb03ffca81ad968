import { describe, expect, it } from 'vitest';
import { findJsonMistake } from './json-mistake.ts';

describe('a mistake in JSON', () => {
  it.each([
    ['{"a": 1', 1, 8, 'a comma or }'],
    ['{\n  "a": 1,\n}', 3, 1, 'a name in double quotes'],
    ['{\r\n  a: 1\r\n}', 2, 3, 'a name in double quotes or }'],
    ['[1 2]', 1, 4, 'a comma or ]'],
    ['[1,]', 1, 4, 'a value'],
    ['[{]', 1, 3, 'a name in double quotes or }'],
    ['{"a" 1}', 1, 6, 'a colon'],
    ['{"a": abc}', 1, 7, 'a value'],
    ['{"a": 01}', 1, 7, 'a value'],
    ["{'a': 1}", 1, 2, 'a name in double quotes or }'],
    ['{"a": "b\nc"}', 1, 7, 'a value'],
    ['{} {}', 1, 4, 'nothing more'],
    ['', 1, 1, 'a value'],
  ])('is found in %j', (text, line, column, expected) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(findJsonMistake(text)).toEqual({ line, column, expected });
  });

  it.each(['{}', ' [ ] ', '"\\u00e4\\"\\\\"', '{"a":[1,-0.5e+3,true,null,{"b":""}],"c":{}}', '0'])(
    'is not found in %j',
    (text) => {
      expect(findJsonMistake(text)).toBeNull();
    },
  );

  it('is found behind a long text without using up the stack', () => {
    const long = `{"a": "${'x'.repeat(3_000_000)}", "b": ${'['.repeat(100_000)}`;

    expect(findJsonMistake(`${long},`)).toMatchObject({ expected: 'a value or ]' });
  });
});
