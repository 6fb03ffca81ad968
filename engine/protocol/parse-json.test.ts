import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './parse-json.ts';

const mebibyte = 1024 * 1024;
/** Makes a text long enough to be looked at before it is parsed. */
const padded = (text: string) => text + ' '.repeat(mebibyte);

describe('JSON from outside', () => {
  it('is read as JSON.parse reads it, also when its shape is looked at first', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(padded(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('may have brackets, quotes and backslashes in its strings', () => {
    const value = [`${'['.repeat(2_000)}"\\`, '\\\\"{', { '[\\"': '}' }];

    expect(parseJson(padded(JSON.stringify(value)))).toEqual(value);
  });

  it.each([
    ['nested absurdly deep', '['.repeat(2 * mebibyte), 'nested more than 1000 levels deep'],
    ['of millions of objects', `[${'{},'.repeat(mebibyte)}{}]`, 'more than 1000000 objects and arrays'],
    ['that ends within a string', `["${'a'.repeat(2 * mebibyte)}`, 'Unterminated string'],
    ['that ends with a backslash', `["${'\\'.repeat(2 * mebibyte)}`, 'Unterminated string'],
  ])('%s is refused quickly', (_, text, message) => {
    expect(() => parseJson(text)).toThrow(message);
  });
});
