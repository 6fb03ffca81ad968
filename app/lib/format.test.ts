import { describe, expect, it } from 'vitest';
import { formatDuration, formatInstant, formatQuantity } from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [187_000, '3 min 07 s'],
    [3_720_000, '1 h 02 min'],
  ])('shows %i ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

it('shows a point in time as readable ISO 8601 in UTC', () => {
  expect(formatInstant('2026-02-03T04:05:06.789Z')).toBe('2026-02-03 04:05:06 UTC');
});

it('counts one thing in the singular and every other number in the plural', () => {
  expect([0, 1, 1204].map((count) => formatQuantity(count, 'lesson'))).toEqual([
    '0 lessons',
    '1 lesson',
    '1,204 lessons',
  ]);
});
