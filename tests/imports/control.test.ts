import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/context.ts';
import {
  assets,
  blocks,
  courses as courseRows,
  files,
  imageVariants,
  importItems,
  imports,
  lessons,
  sourceLinks,
} from '../../src/db/schema/index.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import { createTestDatabase } from '../support/database.ts';
import { onScopeEnd } from '../support/scope.ts';
import { waitFor } from '../support/wait.ts';
import {
  courses,
  followImport,
  type ImportPlatform,
  kindOf,
  startImportPlatform,
} from './import-platform.ts';

// What a person does about an import while the engine and a worker are at it.

let platform: ImportPlatform;
let context: Context;
beforeAll(async () => {
  platform = await startImportPlatform();
  context = platform.context;
});
afterEach(() => platform.reset());

const verbs = async () => ({
  ...(await import('../../src/imports/pause.ts')),
  ...(await import('../../src/imports/resume.ts')),
  ...(await import('../../src/imports/replace-key.ts')),
  ...(await import('../../src/imports/retry-failed.ts')),
  ...(await import('../../src/imports/roll-back.ts')),
  ...(await import('../../src/imports/report.ts')),
});

async function rowOf(importId: string) {
  const [row] = await platform.database.select().from(imports).where(eq(imports.id, importId));
  if (!row) throw new Error(`No import "${importId}"`);
  return row;
}

async function itemsOf(importId: string) {
  return platform.database.select().from(importItems).where(eq(importItems.importId, importId));
}

/** Waits until some lessons are home and some are not. */
async function waitForMiddle(importId: string): Promise<void> {
  await waitFor(
    async () =>
      (await itemsOf(importId)).some(({ kind, status }) => kind === 'lesson' && status === 'imported'),
    { what: 'the first lesson' },
  );
}

/** Follows an import to its end. Runs that were taken away on the way tell nothing of their end. */
async function endOf(importId: string): Promise<ImportReport> {
  await followImport(context, importId);
  return (await verbs()).getReport(context, importId);
}

/** Everything found was imported, and nothing was begun twice. */
async function expectEachOnce(report: ImportReport): Promise<void> {
  expect(report.import.status).toBe('completed');
  for (const { kind, found, imported, skipped } of report.kinds) {
    expect({ kind, settled: imported + skipped }).toEqual({ kind, settled: found });
  }
  const worked = (await itemsOf(report.import.id)).filter(({ requestedAt }) => requestedAt !== null);
  expect(worked.filter(({ attempts }) => attempts > 1)).toEqual([]);
}

/** Removes the course, so that the next import finds nothing here. */
async function removeCourse(importId: string): Promise<void> {
  await (await verbs()).rollBackImport(context, { importId });
}

/** Engine and worker begin anew; the engine remembers nothing. */
async function restartEngine(): Promise<void> {
  const { startWorker } = await import('../../src/jobs/worker.ts');
  const { startEngine } = await import('../../engine/main.ts');
  const { jobs } = await import('../../src/registry.ts');
  const { port } = new URL(platform.engine.url);
  await platform.engine.stop();
  await platform.worker.stop();
  const worker = await startWorker({ jobs, port: 0 });
  onScopeEnd(() => worker.stop());
  const engine = await startEngine({
    databaseUrl: (await createTestDatabase('empty')).url,
    port: Number(port),
    sdkUrls: [worker.url],
    eventKeys: [process.env.INNGEST_EVENT_KEY ?? ''],
    signingKey: process.env.INNGEST_SIGNING_KEY ?? '',
    dev: false,
    retryIntervalMs: 20,
  });
  onScopeEnd(() => engine.stop());
  await waitFor(
    async () => {
      const { functions } = (await (await platform.get('/dev')).json()) as { readonly functions?: unknown[] };
      return functions !== undefined && functions.length > 0;
    },
    { what: 'the registration of the jobs with the new engine' },
  );
}

// Machines may be slow: each test is several imports.
vi.setConfig({ testTimeout: 120_000 });

describe('an import whose key is rejected on the way', () => {
  it('pauses with one issue, takes no key that cannot read its course, and completes with a new one', async () => {
    const { replaceKey, resumeImport, getReport } = await verbs();
    platform.simulator.faults.set({ latencyMs: 50 });
    const importId = await platform.start(courses.sample);
    await waitForMiddle(importId);

    platform.simulator.keys.revoke('sim-key');
    await waitFor(async () => (await rowOf(importId)).status === 'paused', { what: 'the pause' });

    expect(await rowOf(importId)).toMatchObject({ pauseReason: 'SOURCE_KEY_REJECTED' });
    const paused = await getReport(context, importId);
    expect(paused.issues.filter(({ code }) => code === 'SOURCE_KEY_REJECTED')).toMatchObject([
      { severity: 'todo', itemKind: 'course', message: expect.stringContaining('resume the import') },
    ]);
    expect(paused.kinds.map(({ failed }) => failed)).toEqual(paused.kinds.map(() => 0));

    await expect(replaceKey(context, { importId, apiKey: 'wrong' })).rejects.toMatchObject({
      code: 'SOURCE_KEY_REJECTED',
    });
    platform.simulator.keys.add('second-key');
    await replaceKey(context, { importId, apiKey: ' second-key ' });
    await resumeImport(context, { importId });
    const report = await endOf(importId);

    await expectEachOnce(report);
    expect(report.issues.map(({ code }) => code)).not.toContain('SOURCE_KEY_REJECTED');
    expect(await rowOf(importId)).toMatchObject({ pauseReason: null });
    await removeCourse(importId);
    // The simulated school forgets its new key with the test.
    platform.simulator.keys.add('sim-key');
    await replaceKey(context, { importId, apiKey: 'sim-key' });
  });
});

describe('failed items', () => {
  it('are tried again without the others, by what their reasons allow, until all is there', async () => {
    const { retryFailed } = await verbs();
    const importId = await platform.start(courses.sample);
    platform.simulator.faults.set({ status500: 'path:/lectures/930002', assetForbidden: 'path:worksheet' });
    const first = await platform.finish(importId);
    expect(first.import.status).toBe('partial');
    expect(kindOf(first, 'lesson').failed + kindOf(first, 'asset').failed).toBe(2);
    const calls = () => platform.simulator.calls.filter(({ path }) => path.includes('/lectures/')).length;
    const before = calls();

    platform.simulator.faults.set({ status500: 'never' });
    expect(await retryFailed(context, { importId })).toEqual({ reopened: 1, left: 1 });
    await waitFor(async () => (await rowOf(importId)).status === 'partial', { what: 'the second end' });
    expect(calls() - before).toBe(1);
    await expect(retryFailed(context, { importId })).rejects.toMatchObject({ code: 'CONFLICT' });

    platform.simulator.faults.set({ assetForbidden: 'never' });
    expect(await retryFailed(context, { importId, fixed: true })).toEqual({ reopened: 1, left: 0 });
    const report = await endOf(importId);

    expect(report.import.status).toBe('completed');
    expect(report.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    await expect(retryFailed(context, { importId, fixed: true })).rejects.toMatchObject({ code: 'CONFLICT' });
    await removeCourse(importId);
  });
});

describe('rolling back', () => {
  const countRows = async () => {
    const count = async (table: typeof courseRows | typeof assets | typeof sourceLinks | typeof files) =>
      (await platform.database.select({ rows: sql`count(*)`.mapWith(Number) }).from(table))[0]?.rows;
    return [await count(courseRows), await count(files), await count(assets), await count(sourceLinks)];
  };

  it('removes what the import made, first of the later one, and nothing that people changed', async () => {
    const { rollBackImport } = await verbs();
    const first = await platform.importCourse(courses.sample);
    const before = await platform.database.select({ id: blocks.id }).from(blocks).orderBy(blocks.id);
    const stored = await platform.database.select().from(assets);
    const forms = await platform.database.select().from(imageVariants);
    const attachments = platform.simulator.school.findLecture(510001, 930003)?.attachments ?? [];
    const added = { id: 7799009, kind: 'text', name: 'More', text: '<p>More</p>', position: 99 };
    platform.simulator.school.editLecture(930003, { attachments: [...attachments, added] });
    const second = await platform.importCourse(courses.sample);
    expect(kindOf(second, 'block').imported).toBe(1);

    const [firstId, secondId] = [first.import.id, second.import.id];
    await expect(rollBackImport(context, { importId: firstId })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(secondId),
    });
    expect(await rollBackImport(context, { importId: secondId })).toEqual({
      objects: 1,
      assets: 0,
      bytes: 0,
    });
    expect(await platform.database.select({ id: blocks.id }).from(blocks).orderBy(blocks.id)).toEqual(before);
    await expect(rollBackImport(context, { importId: secondId })).rejects.toMatchObject({ code: 'CONFLICT' });

    const [lesson] = await platform.database.select().from(lessons).limit(1);
    const { id = '', updatedAt } = lesson ?? {};
    await platform.database.update(lessons).set({ title: 'Mine' }).where(eq(lessons.id, id));
    await expect(rollBackImport(context, { importId: firstId })).rejects.toMatchObject({
      publicMessage: expect.stringContaining('People have changed this course'),
    });
    await platform.database
      .update(lessons)
      .set({ updatedAt: updatedAt ?? new Date(0) })
      .where(eq(lessons.id, id));

    const removed = await rollBackImport(context, { importId: firstId });

    expect(removed.assets).toBe(stored.length);
    expect(await countRows()).toEqual([0, 0, 0, 0]);
    expect(forms).not.toEqual([]);
    for (const { storageKey } of [...stored, ...forms])
      expect(await context.storage.has(storageKey)).toBe(false);
    expect(await platform.database.$count(imageVariants)).toBe(0);
    expect(await rowOf(firstId)).toMatchObject({ status: 'completed', courseId: null });
  });
});

describe('a paused import', () => {
  it('writes nothing, and goes on where it was although engine and worker are new', async () => {
    const { pauseImport, resumeImport } = await verbs();
    platform.simulator.faults.set({ latencyMs: 100, assetLatencyMs: 100 });
    const importId = await platform.start(courses.sample);
    await waitForMiddle(importId);

    await pauseImport(context, { importId });
    const before = await itemsOf(importId);
    expect(before.filter(({ status }) => status === 'running')).toEqual([]);
    await expect(pauseImport(context, { importId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await restartEngine();
    expect(await itemsOf(importId)).toEqual(before);

    await resumeImport(context, { importId });
    await expect(resumeImport(context, { importId })).rejects.toMatchObject({ code: 'CONFLICT' });

    await expectEachOnce(await endOf(importId));
  });
});
