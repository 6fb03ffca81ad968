import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from './timeline.ts';

describe('a bar of a waterfall', () => {
  it('lies where its times are within the scale', () => {
    expect(place({ fromMs: 1_000, toMs: 2_000 }, { fromMs: 1_250, toMs: 1_750 })).toEqual({
      left: 0.25,
      width: 0.5,
    });
  });

  it.each([
    ['at its beginning', 1_000, 0],
    ['within it', 1_500, 0.5],
    ['at its end', 2_000, 0.995],
  ])('of no time is seen at its place, %s', (_, timeMs, left) => {
    const shown = place({ fromMs: 1_000, toMs: 2_000 }, { fromMs: timeMs, toMs: timeMs });

    expect(shown).toEqual({ left, width: 0.005 });
  });

  it('never sticks out, whatever the clocks said', () => {
    const time = fc.integer({ min: -10_000, max: 10_000 });

    fc.assert(
      fc.property(time, time, time, time, (from, to, barFrom, barTo) => {
        const { left, width } = place({ fromMs: from, toMs: to }, { fromMs: barFrom, toMs: barTo });

        expect(left).toBeGreaterThanOrEqual(0);
        expect(width).toBeGreaterThan(0);
        expect(left + width).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});
