import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange } from './byte-range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-', 0, 99],
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=90-500', 90, 99],
    ['bytes=-5', 95, 99],
    ['bytes=-500', 0, 99],
    ['Bytes=1 - 2', 1, 2],
  ])('answers %s of 100 bytes with %i to %i', (header, start, end) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'part', range: { start, end } });
  });

  it.each([null, '', 'bytes=-', 'bytes=5-2', 'bytes=a-b', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=-1-2'])(
    'answers %s with the whole',
    (header) => {
      expect(parseRange(header, 100)).toEqual({ kind: 'whole' });
    },
  );

  it.each([
    ['bytes=100-', 100],
    ['bytes=-0', 100],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('cannot satisfy %s of %i bytes', (header, bytes) => {
    expect(parseRange(header, bytes)).toEqual({ kind: 'unsatisfiable' });
  });

  it('never answers with bytes that are not there', () => {
    const position = fc.option(fc.nat(300), { nil: '' });
    fc.assert(
      fc.property(position, position, fc.nat(200), (first, last, bytes) => {
        const answer = parseRange(`bytes=${first}-${last}`, bytes);

        if (answer.kind !== 'part') return;
        expect(answer.range.start).toBeGreaterThanOrEqual(0);
        expect(answer.range.end).toBeGreaterThanOrEqual(answer.range.start);
        expect(answer.range.end).toBeLessThan(bytes);
      }),
    );
  });
});
