import { describe, expect, it } from 'vitest';
import { indentBeginning } from './json-beginning.ts';

const values = [
  { a: [], b: {}, c: [1, [2, { d: null }]], e: 'a "quoted, {text}: [x]\\"', f: { g: true } },
  [[], [[]], [{}], 'text', -1.5e3],
  'only text',
];

describe('the beginning of a JSON text', () => {
  it.each(values)('is indented as the whole would be: %j', (value) => {
    expect(indentBeginning(JSON.stringify(value), 10_000)).toBe(JSON.stringify(value, null, 2));
  });

  it.each(values)('is indented wherever it ends: %j', (value) => {
    const json = JSON.stringify(value);
    const bare = (text: string | null) => text?.replaceAll(/\s/g, '');
    for (let length = 0; length < json.length; length += 1) {
      const beginning = json.slice(0, length);
      expect(bare(indentBeginning(beginning, 10_000))).toBe(bare(beginning));
    }
  });

  it('is left alone when indentation would be most of it', () => {
    expect(indentBeginning('['.repeat(8_000), 80_000)).toBeNull();
  });
});
