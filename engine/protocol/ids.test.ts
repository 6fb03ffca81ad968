import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idTimeMs, isId, newId, parseIdSeed } from './ids.ts';

describe('ids', () => {
  it('grow, also within a millisecond', () => {
    const ids = Array.from({ length: 1_000 }, newId);

    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1_000);
  });

  it('of a seed are the same each time, carry its time and differ by place', () => {
    const seedParts = fc.tuple(fc.nat({ max: 2 ** 40 }), fc.uint8Array({ minLength: 10, maxLength: 10 }));
    fc.assert(
      fc.property(seedParts, fc.integer({ min: 1, max: 5_000 }), ([timeMs, entropy], place) => {
        const text = `${timeMs},${Buffer.from(entropy).toString('base64')}`;
        const id = parseIdSeed(text)?.idAt(place) ?? '';
        expect(isId(id)).toBe(true);
        expect(idTimeMs(id)).toBe(timeMs);
        expect(parseIdSeed(text)?.idAt(place)).toBe(id);
        expect(parseIdSeed(text)?.idAt(place + 1)).not.toBe(id);
      }),
    );
  });

  it.each(['', '1', 'x,AAAAAAAAAAAAAA==', '1,AAAA', '1,AAAAAAAAAAAAAA==,2', `${2 ** 60},AAAAAAAAAAAAAA==`])(
    'are not made from the malformed seed "%s"',
    (seed) => {
      expect(parseIdSeed(seed)).toBeNull();
    },
  );
});
