import { describe, expect, it } from 'vitest';
import { longestRetryAfterMs, readRetryAfterMs } from './retry-timing.ts';

const nowMs = Date.parse('2026-03-01T10:00:00Z');

describe('readRetryAfterMs', () => {
  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Sun, 01 Mar 2026 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 01 Mar 2026 09:00:00 GMT' }, 0],
    [{ 'ratelimit-reset': '12' }, 12_000],
    [{ 'retry-after': '3', 'ratelimit-reset': '12' }, 3_000],
    [{ 'retry-after': 'soon', 'ratelimit-reset': '12' }, 12_000],
    [{ 'retry-after': '999999999' }, longestRetryAfterMs],
    [{ 'ratelimit-reset': '-4' }, null],
    [{}, null],
  ])('reads %j as %s ms', (headers, expected) => {
    expect(readRetryAfterMs(new Headers(headers as Record<string, string>), nowMs)).toBe(expected);
  });
});
