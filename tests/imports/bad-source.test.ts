import { eq } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importItems, imports } from '../../src/db/schema/index.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import { waitFor } from '../support/wait.ts';
import {
  connectSchool,
  courses,
  type ImportPlatform,
  kindOf,
  quickSchool,
  startImportPlatform,
} from './import-platform.ts';

let platform: ImportPlatform;
beforeAll(async () => {
  platform = await startImportPlatform();
});
afterEach(() => platform.reset());

function expectToAddUp(report: ImportReport): void {
  for (const { found, imported, unchanged, skipped, failed } of report.kinds) {
    expect(imported + unchanged + skipped + failed).toBe(found);
  }
}

async function countImports(): Promise<number> {
  return (await platform.database.select().from(imports)).length;
}

async function attemptsOf(importId: string): Promise<number[]> {
  const items = await platform.database.select().from(importItems).where(eq(importItems.importId, importId));
  return items.filter(({ kind }) => kind === 'lesson' || kind === 'course').map(({ attempts }) => attempts);
}

describe('a start that cannot succeed', () => {
  it.each([
    ['a wrong key', { code: 'SOURCE_KEY_REJECTED', key: 'wrong-key', course: '510001', faults: {} }],
    [
      'a key without API access (401)',
      { code: 'SOURCE_KEY_REJECTED', key: 'sim-key', course: '510001', faults: { keyAccess: '401' } },
    ],
    [
      'a key without API access (403)',
      { code: 'SOURCE_FORBIDDEN', key: 'sim-key', course: '510001', faults: { keyAccess: '403' } },
    ],
    ['an unknown course', { code: 'SOURCE_NOT_FOUND', key: 'sim-key', course: '999999', faults: {} }],
    ['a course id that is none', { code: 'INPUT_INVALID', key: 'sim-key', course: '../users', faults: {} }],
    [
      'an API that answers HTML',
      { code: 'SOURCE_ANSWER_INVALID', key: 'sim-key', course: '510001', faults: { htmlBody: 'always' } },
    ],
    [
      'an API that breaks off its JSON',
      {
        code: 'SOURCE_ANSWER_INVALID',
        key: 'sim-key',
        course: '510001',
        faults: { truncatedJson: 'always' },
      },
    ],
    [
      'an API that is down',
      { code: 'SOURCE_UNAVAILABLE', key: 'sim-key', course: '510001', faults: { status503: 'always' } },
    ],
  ] as const)('tells %s and writes nothing', async (_what, { code, key, course, faults }) => {
    const { startImport } = await import('../../src/imports/start.ts');
    const before = await countImports();
    platform.simulator.faults.set(faults);
    const connectionId = await connectSchool(platform.context, platform.simulator.apiUrl, key);

    const error = await startImport(platform.context, { connectionId, sourceCourseId: course }).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toMatchObject({ name: 'AppError', code });
    expect(error).toHaveProperty('publicMessage', expect.stringMatching(/\.$/));
    expect(await countImports()).toBe(before);
  });

  it('refuses a second import of a course while the first is under way, and names it', async () => {
    const { findActiveImport } = await import('../../src/imports/start.ts');
    platform.simulator.faults.set({ latencyMs: 100 });

    const importId = await platform.start(courses.sample);
    const second = platform.start(courses.sample);

    await expect(second).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(importId),
    });
    expect(await findActiveImport(platform.context, courses.sample)).toBe(importId);
    await platform.finish(importId);
    expect(await findActiveImport(platform.context, courses.sample)).toBeNull();
  });

  it('lets one of two starts at the same moment win', async () => {
    const starts = await Promise.allSettled([platform.start(courses.empty), platform.start(courses.empty)]);

    const won = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const lost = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toMatchObject([{ code: 'CONFLICT' }]);
    await platform.finish(won[0] ?? '');
  });
});

describe('an import from a source that misbehaves', () => {
  it.each([
    ['500 now and then', { status500: 'every:4' }],
    ['502 at the first call of each path', { status502: 'first:1,path:/lectures/' }],
    ['HTML at the first call of each path', { htmlBody: 'first:1,path:/lectures/' }],
    ['half of its JSON at the first call of each path', { truncatedJson: 'first:1,path:/lectures/' }],
    ['nothing at the first call of each path', { connectionReset: 'first:1,path:/lectures/' }],
  ] as const)('is completed although the API answers %s', async (_what, faults) => {
    const importId = await platform.start(courses.sample);
    platform.simulator.faults.set(faults);

    const report = await platform.finish(importId);

    expect(report.import.status).toBe('completed');
    expectToAddUp(report);
    expect(kindOf(report, 'lesson').failed).toBe(0);
  });

  it('waits out a storm of 429 without using up an attempt', async () => {
    platform.simulator.faults.set({ ...quickSchool, rateLimitWindowMs: 1_000 });
    const importId = await platform.start(courses.sample);
    platform.simulator.faults.set({ rateLimitStorm: 'first:1,path:/lectures/93000' });

    const report = await platform.finish(importId);

    expect(report.import.status).toBe('completed');
    expect(report.source.rateLimited).toBeGreaterThan(0);
    expect(await attemptsOf(importId)).toEqual(Array.from({ length: 14 }, () => 1));
  });

  it('loses only the lessons that cannot be read', async () => {
    const importId = await platform.start(courses.sample);
    platform.simulator.faults.set({ status500: 'path:/lectures/930002' });

    const report = await platform.finish(importId);

    expect(report.import.status).toBe('partial');
    expectToAddUp(report);
    expect(kindOf(report, 'lesson')).toMatchObject({ found: 13, failed: 1 });
    expect(report.issues).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        code: 'SOURCE_UNAVAILABLE',
        itemKind: 'lesson',
        sourceId: '930002',
      }),
    );
  });
});

describe('an import that is cancelled on the way', () => {
  it('stops its runs, writes nothing afterwards, and adds up', async () => {
    const { cancelImport } = await import('../../src/imports/cancel.ts');
    const { getReport } = await import('../../src/imports/report.ts');
    const { blocks, outbox } = await import('../../src/db/schema/index.ts');
    platform.simulator.faults.set({ latencyMs: 200, assetLatencyMs: 200 });
    const importId = await platform.start(courses.sample);
    await waitFor(async () => (await attemptsOf(importId)).some((attempts) => attempts > 0), {
      what: 'work on the import',
    });

    await cancelImport(platform.context, { importId });
    const before = [await platform.database.select().from(blocks), await attemptsOf(importId)];
    const events = (await platform.database.select().from(outbox)).filter(
      ({ data }) => data.importId === importId,
    );
    for (const { id, name } of events.filter(({ name }) => name === 'import/lesson.process')) {
      expect(name).toBe('import/lesson.process');
      await platform.waitForRuns(id);
    }

    expect([await platform.database.select().from(blocks), await attemptsOf(importId)]).toEqual(before);
    const report = await getReport(platform.context, importId);
    expect(report.import.status).toBe('cancelled');
    expectToAddUp(report);
  });
});
