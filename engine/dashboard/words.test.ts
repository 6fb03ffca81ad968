import { describe, expect, it } from 'vitest';
import { cappedText, countText, durationText, sizeText, timeText } from './words.ts';

describe('words for people', () => {
  it.each([
    [0, '0 ms'],
    [-3, '0 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [3_420, '3.42 s'],
    [59_940, '59.9 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [3_659_900, '1 h 1 min'],
    [97_200_000, '1 d 3 h'],
    [86_400_000, '1 d'],
  ])('tell %i ms as %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });

  it('leave out of a time what it has in common with now', () => {
    const nowMs = Date.UTC(2026, 10, 24, 12);

    expect(timeText(Date.UTC(2026, 10, 24, 9, 5, 3), nowMs)).toBe('09:05:03');
    expect(timeText(Date.UTC(2026, 10, 23, 9, 5, 3), nowMs)).toBe('23 Nov 09:05:03');
    expect(timeText(Date.UTC(2025, 0, 2, 9, 5, 3), nowMs)).toBe('2 Jan 2025 09:05:03');
  });

  it('tell sizes and counts', () => {
    expect([sizeText(1), sizeText(4_301), sizeText(3 * 1_024 ** 2)]).toEqual(['1 byte', '4.2 KiB', '3 MiB']);
    expect([countText(1, 'attempt'), countText(2_000, 'run')]).toEqual(['1 attempt', '2,000 runs']);
    expect([cappedText(999, 1_000), cappedText(1_000, 1_000)]).toEqual(['999', '1,000+']);
  });
});
