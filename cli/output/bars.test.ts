import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportProgress, KindCounts } from '../../src/imports/types.ts';
import { bar, progressBars, progressLine } from './bars.ts';

function counts(kind: KindCounts['kind'], some: Partial<KindCounts>): KindCounts {
  return {
    kind,
    found: 0,
    pending: 0,
    running: 0,
    imported: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
    ...some,
  };
}

const progress: ImportProgress = {
  id: 'imp_1',
  status: 'running',
  title: 'A course',
  sourceCourseId: '1',
  courseId: 'crs_1',
  source: 'teachable',
  schoolLabel: 'A school',
  requestedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: null,
  pauseReason: null,
  rolledBackAt: null,
  kinds: [
    counts('lesson', { found: 4, imported: 1, skipped: 1, running: 2 }),
    counts('asset', { found: 2, failed: 1, pending: 1 }),
  ],
  done: 3,
  found: 6,
  bytes: 1_500_000,
  issues: { todo: 0, warning: 0, error: 1 },
  waitingUntil: null,
};

describe('bar', () => {
  it('is always as wide as asked and never fuller than the share that is done', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 80 }), (done, total, width) => {
        const drawn = bar(done, total, width);
        expect([...drawn]).toHaveLength(width);
        if (total > 0 && done >= total) expect(drawn).toBe('█'.repeat(width));
        if (done === 0) expect(drawn).toBe('░'.repeat(width));
      }),
    );
  });
});

describe('progress', () => {
  it('counts every final status as done and tells failures and size', () => {
    const text = progressBars(progress);

    expect(text).toContain('lessons');
    expect(text).toContain('2/4');
    expect(text).toContain('1/2, 1 failed  1.5 MB');
  });

  it('fits into one line for logs and says when the school makes us wait', () => {
    const line = progressLine({ ...progress, waitingUntil: '2026-01-01T00:01:00.000Z' });

    expect(line).toBe(
      "running: lessons 2/4, assets 1/2 (1 failed), waiting for the school's API until 2026-01-01T00:01:00.000Z",
    );
  });
});
