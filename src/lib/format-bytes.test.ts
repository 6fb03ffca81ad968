import { describe, expect, it } from 'vitest';
import { formatBytes } from './format-bytes.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9960, '10 kB'],
    [999_999, '1.0 MB'],
    [176_400_000, '176 MB'],
    [20 * 1000 ** 3, '20 GB'],
  ])('shows %i as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
