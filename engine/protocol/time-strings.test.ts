import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs, parseRetryAfterMs, parseWaitMs } from './time-strings.ts';

const nowMs = Date.UTC(2026, 0, 1);

describe('durations', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 366 * 86_400_000 }), (durationMs) => {
        expect(parseDurationMs(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });

  it.each([
    ['300ms', 300],
    ['1h30m', 5_400_000],
    ['1w2d', 777_600_000],
    ['1.5s', 1_500],
    ['1.5ms', 2],
    ['100us', 0],
  ])('%s is %i ms', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs);
  });

  it.each(['', '5', 's', '1x', '1h 30m', '-1s'])('"%s" is none', (text) => {
    expect(parseDurationMs(text)).toBeNull();
  });
});

describe('waits', () => {
  it.each([
    ['2026-01-01T00:00:10Z', 10_000],
    ['2026-01-01T00:00:10.400Z', 10_000],
    ['2020-01-01', 0],
    ['10s', 10_000],
    ['20240101', null],
    ['two hours 2', null],
    ['tomorrow, maybe', null],
  ])('until %s last %s ms', (text, waitMs) => {
    expect(parseWaitMs(text, nowMs)).toBe(waitMs);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['2026-01-01T00:01:00Z', 60_000],
    ['soon', null],
    ['whenever you like', null],
  ])('%s means %s ms', (text, delayMs) => {
    expect(parseRetryAfterMs(text, nowMs)).toBe(delayMs);
  });
});
