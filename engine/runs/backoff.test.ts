import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './backoff.ts';

const policy = { retryIntervalMs: null, random: () => 0 };

describe('the wait before a retry', () => {
  it('grows from 15 s to 2 h', () => {
    const delays = Array.from({ length: 12 }, (_, attempt) => retryDelayMs(policy, attempt, null) / 1_000);

    expect(delays).toEqual([15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200, 7_200, 7_200]);
  });

  it('varies by chance, up to 30 s', () => {
    expect(retryDelayMs({ ...policy, random: () => 1 }, 0, null)).toBe(45_000);
  });

  it('is what the function asked for, between 1 s and 24 h', () => {
    expect([10, 90_000, 1e12].map((wishMs) => retryDelayMs(policy, 0, wishMs))).toEqual([
      1_000, 90_000, 86_400_000,
    ]);
  });

  it('is fixed when the engine was told so', () => {
    expect(retryDelayMs({ ...policy, retryIntervalMs: 50 }, 5, null)).toBe(50);
  });
});
