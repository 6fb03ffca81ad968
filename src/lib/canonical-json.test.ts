import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, contentHash } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys at every level and leaves undefined out', () => {
    const value = { b: [{ z: 1, a: undefined, c: 'x' }], a: null };

    expect(canonicalJson(value)).toBe('{"a":null,"b":[{"c":"x","z":1}]}');
  });

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));

        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });

  it('is the same text whatever the order of the keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());

        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(contentHash(turned)).toBe(contentHash(value));
      }),
    );
  });
});
