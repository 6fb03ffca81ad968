import { describe, expect, it } from 'vitest';
import { combine, type MetadataUpdate, parseUpdate, readOpMetadata } from './metadata.ts';

const updates = (...list: readonly (readonly [MetadataUpdate['op'], object])[]) =>
  list.map(([op, values]): MetadataUpdate => ({ kind: 'userland.a', op, values: JSON.stringify(values) }));

describe('updates of metadata', () => {
  it('are combined in their order', () => {
    const merged = combine(updates(['merge', { a: 1, b: 1 }], ['merge', { b: 2 }]));
    const replaced = combine(updates(['merge', { a: 1 }], ['set', { b: 2 }]));
    const deleted = combine(updates(['merge', { a: 1, b: 1 }], ['delete', { a: null }]));
    const added = combine(updates(['add', { a: 1, b: 1 }], ['add', { a: 2, b: 'x' }]));

    expect([merged, replaced, deleted, added]).toEqual([{ a: 1, b: 2 }, { b: 2 }, { b: 1 }, { a: 3, b: 1 }]);
  });

  it('may have any key', () => {
    const values = combine([
      { kind: 'a', op: 'merge', values: '{"__proto__":1,"constructor":2}' },
      { kind: 'a', op: 'merge', values: '{"toString":3}' },
    ]);

    expect(Object.entries(values)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
      ['toString', 3],
    ]);
  });

  it.each([
    ['no kind', { op: 'merge', values: {} }],
    ['an unknown op', { kind: 'a', op: 'sort', values: {} }],
    ['values that are no object', { kind: 'a', op: 'merge', values: [] }],
    ['too much', { kind: 'a', op: 'merge', values: { text: 'a'.repeat(70_000) } }],
  ])('with %s are refused, and left out of an op', (_, value) => {
    expect(() => parseUpdate(value)).toThrow('Invalid metadata');
    expect(readOpMetadata([value, { kind: 'a', op: 'set', values: {} }])).toHaveLength(1);
  });
});
