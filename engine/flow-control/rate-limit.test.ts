import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pour, type RateLimit } from './rate-limit.ts';

/** Which of the events at these times are admitted. */
function admitted(limit: RateLimit, timesMs: readonly number[]): readonly number[] {
  let emptyAtMs: number | null = null;
  return timesMs.filter((timeMs) => {
    const next = pour(emptyAtMs, limit, timeMs);
    if (next !== null) emptyAtMs = next;
    return next !== null;
  });
}

const startMs = Date.UTC(2026, 0, 1);
const atOnce = Array.from({ length: 50 }, () => startMs);

describe('a rate limit', () => {
  it.each([
    { limit: 1, burst: 1 },
    { limit: 2, burst: 1 },
    { limit: 9, burst: 1 },
    { limit: 10, burst: 2 },
    { limit: 20, burst: 3 },
  ])('of $limit admits $burst at once', ({ limit, burst }) => {
    expect(admitted({ limit, periodMs: 10_000 }, atOnce)).toHaveLength(burst);
  });

  it('of 2 in 10 s admits the next after 5 s', () => {
    const times = [0, 4_999, 5_000, 9_999, 10_000].map((afterMs) => startMs + afterMs);

    expect(admitted({ limit: 2, periodMs: 10_000 }, times)).toEqual(
      [0, 5_000, 10_000].map((ms) => startMs + ms),
    );
  });

  it('that is made shorter does not hold back longer than it would have', () => {
    const emptyAtMs = pour(null, { limit: 1, periodMs: 86_400_000 }, startMs);

    expect(pour(emptyAtMs, { limit: 1, periodMs: 1_000 }, startMs + 1)).toBeNull();
    expect(pour(startMs + 1_000, { limit: 1, periodMs: 1_000 }, startMs + 1_000)).not.toBeNull();
  });

  const limits = fc.record({
    limit: fc.integer({ min: 1, max: 50 }),
    periodMs: fc.integer({ min: 1_000, max: 60_000 }),
  });
  const times = fc
    .array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 })
    .map((gaps) => gaps.map((_, n) => startMs + gaps.slice(0, n + 1).reduce((sum, gap) => sum + gap, 0)));

  it('admits in no span of time more than its bucket holds and what drains meanwhile', () => {
    fc.assert(
      fc.property(limits, times, (limit, timesMs) => {
        const taken = admitted(limit, timesMs);
        const intervalMs = limit.periodMs / limit.limit;
        const burst = 1 + Math.floor(limit.limit / 10);
        taken.forEach((fromMs, first) => {
          taken.slice(first).forEach((toMs, count) => {
            expect(count + 1).toBeLessThanOrEqual(burst + (toMs - fromMs) / intervalMs + 0.001);
          });
        });
      }),
    );
  });

  it('admits whatever comes after a pause of one interval', () => {
    fc.assert(
      fc.property(limits, times, (limit, timesMs) => {
        const last = timesMs.at(-1) ?? startMs;
        const later = last + Math.ceil(limit.periodMs / limit.limit);

        expect(admitted(limit, [...timesMs, later])).toContain(later);
      }),
    );
  });
});
