import { Readable } from 'node:stream';
import { and, eq } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { assets, blocks, files, importItems, imports, lessons, outbox } from '../../src/db/schema/index.ts';
import type { ImportItem } from '../../src/imports/ledger.ts';
import { courses, type ImportPlatform, startImportPlatform } from './import-platform.ts';

// The stages without the queue: every job is called by hand, so that things can happen between two of them.

let platform: ImportPlatform;
let context: Context;
beforeAll(async () => {
  platform = await startImportPlatform({ idle: true });
  context = platform.context;
});
afterEach(async () => {
  const { cancelImport } = await import('../../src/imports/cancel.ts');
  const active = await platform.database.select().from(imports);
  for (const { id } of active.filter(({ status }) => ['pending', 'running', 'paused'].includes(status))) {
    await cancelImport(context, { importId: id });
  }
  await platform.reset();
});

const stages = async () => ({
  ...(await import('../../src/imports/stages/extract-structure.ts')),
  ...(await import('../../src/imports/stages/process-lesson.ts')),
  ...(await import('../../src/imports/stages/download-asset.ts')),
  ...(await import('../../src/imports/stages/finish.ts')),
  ...(await import('../../src/imports/fail.ts')),
});

async function itemsOf(importId: string, kind: ImportItem['kind']): Promise<ImportItem[]> {
  return platform.database
    .select()
    .from(importItems)
    .where(and(eq(importItems.importId, importId), eq(importItems.kind, kind)))
    .orderBy(importItems.position, importItems.id);
}

async function itemOf(importId: string, kind: ImportItem['kind'], sourceId: string): Promise<ImportItem> {
  const item = (await itemsOf(importId, kind)).find((one) => one.sourceId === sourceId);
  if (!item) throw new Error(`No ${kind} "${sourceId}" in the ledger`);
  return item;
}

async function statusOf(importId: string): Promise<string | undefined> {
  const [row] = await platform.database.select().from(imports).where(eq(imports.id, importId));
  return row?.status;
}

async function eventsOf(importId: string, name: string): Promise<unknown[]> {
  const rows = await platform.database.select().from(outbox).where(eq(outbox.name, name));
  return rows.filter(({ data }) => data.importId === importId);
}

/** An import whose structure has been read. */
async function startExtracted(course: string): Promise<string> {
  const importId = await platform.start(course);
  await (await stages()).extractStructure(context, { importId });
  return importId;
}

describe('the structure', () => {
  it('is written once, however often its event is delivered', async () => {
    const { extractStructure } = await stages();
    const importId = await platform.start(courses.sample);

    const first = await extractStructure(context, { importId });
    const second = await extractStructure(context, { importId });

    expect(first).toEqual({ sections: 4, lessons: 13 });
    expect(second).toBeNull();
    expect(await itemsOf(importId, 'lesson')).toHaveLength(13);
  });

  it('asks for the first lessons only; each that comes home asks for the next', async () => {
    const { processLesson } = await stages();
    const { lessonsInFlight } = await import('../../src/imports/open-items.ts');
    const importId = await startExtracted(courses.sample);

    const [first] = await itemsOf(importId, 'lesson');
    const before = await eventsOf(importId, 'import/lesson.process');
    await processLesson(context, { importId, itemId: first?.id ?? '' });

    expect(before).toHaveLength(lessonsInFlight);
    expect(await eventsOf(importId, 'import/lesson.process')).toHaveLength(lessonsInFlight + 1);
  });

  it('settles an import of an empty course at once', async () => {
    const { finishImport } = await stages();
    const importId = await startExtracted(courses.empty);

    const result = await finishImport(context, { importId, run: null });

    expect(await eventsOf(importId, 'import/items.settled')).toHaveLength(1);
    expect(result).toEqual({ status: 'completed' });
  });

  it('fails the import with a reason when the course was deleted after the start', async () => {
    const { extractStructure, failStructure } = await stages();
    const { readErrorFacts } = await import('../../src/jobs/error-facts.ts');
    const { getReport } = await import('../../src/imports/report.ts');
    const importId = await platform.start(courses.empty);
    platform.simulator.school.deleteCourse(510003);

    const error = await extractStructure(context, { importId }).catch((thrown: unknown) => thrown);
    await failStructure(context, { importId }, readErrorFacts(error));

    expect(error).toMatchObject({ code: 'SOURCE_NOT_FOUND', retry: 'never' });
    const report = await getReport(context, importId);
    expect(report.import.status).toBe('failed');
    expect(report.kinds.find(({ kind }) => kind === 'course')).toMatchObject({ found: 1, failed: 1 });
    expect(report.issues).toMatchObject([
      { code: 'SOURCE_NOT_FOUND', itemKind: 'course', severity: 'error' },
    ]);
  });

  it('lets an import go on that was read, whatever becomes of the run that read it', async () => {
    const { failStructure } = await stages();
    const importId = await startExtracted(courses.sample);

    await failStructure(
      context,
      { importId },
      { code: 'UNEXPECTED', name: 'Error', message: 'The end got lost' },
    );

    expect(await statusOf(importId)).toBe('running');
  });
});

describe('a lesson', () => {
  it('that was deleted at the source meanwhile is skipped with an issue', async () => {
    const { processLesson } = await stages();
    const { listIssues } = await import('../../src/imports/issues.ts');
    const importId = await startExtracted(courses.sample);
    platform.simulator.school.deleteLecture(930002);
    const { id: itemId } = await itemOf(importId, 'lesson', '930002');

    const result = await processLesson(context, { importId, itemId });

    expect(result).toMatchObject({ status: 'skipped' });
    expect(await itemOf(importId, 'lesson', '930002')).toMatchObject({
      status: 'skipped',
      reason: 'SOURCE_GONE',
    });
    expect((await listIssues(context, { importId })).issues).toMatchObject([
      { severity: 'warning', code: 'SOURCE_GONE' },
    ]);
  });

  it('is written once when two runs of it meet', async () => {
    const { processLesson } = await stages();
    const importId = await startExtracted(courses.sample);
    const { id: itemId } = await itemOf(importId, 'lesson', '930001');

    const results = await Promise.all([1, 2, 3].map(() => processLesson(context, { importId, itemId })));

    expect(results.filter((result) => result !== null)).toHaveLength(1);
    const { targetId } = await itemOf(importId, 'lesson', '930001');
    const found = await platform.database
      .select()
      .from(blocks)
      .where(eq(blocks.lessonId, targetId ?? ''));
    expect(found).toHaveLength((await itemsOf(importId, 'block')).length);
  });

  it('that has to wait for the source counts no attempt and is pending again', async () => {
    const { processLesson } = await stages();
    const importId = await startExtracted(courses.sample);
    platform.simulator.faults.set({ rateLimitStorm: 'always', rateLimitWindowMs: 1_000 });
    const { id: itemId } = await itemOf(importId, 'lesson', '930001');

    const error = await processLesson(context, { importId, itemId }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'SOURCE_RATE_LIMITED', retry: { afterMs: expect.any(Number) } });
    expect(await itemOf(importId, 'lesson', '930001')).toMatchObject({ status: 'pending', attempts: 0 });
    const [row] = await platform.database.select().from(imports).where(eq(imports.id, importId));
    expect(row?.sourceRateLimited).toBe(1);
  });

  it('that meets a used-up month pauses its import, and is pending again until somebody resumes it', async () => {
    const { processLesson } = await stages();
    const { resumeImport } = await import('../../src/imports/resume.ts');
    const importId = await startExtracted(courses.sample);
    platform.simulator.faults.set({ monthlyQuota: 1, monthlyQuotaAnswer: '403' });
    const [first, second] = await Promise.all(
      ['930001', '930002'].map((lesson) => itemOf(importId, 'lesson', lesson)),
    );
    await processLesson(context, { importId, itemId: first?.id ?? '' });

    expect(await processLesson(context, { importId, itemId: second?.id ?? '' })).toBeNull();

    const [row] = await platform.database.select().from(imports).where(eq(imports.id, importId));
    expect(row).toMatchObject({ status: 'paused', pauseReason: 'SOURCE_QUOTA_EXHAUSTED' });
    expect(await itemOf(importId, 'lesson', '930002')).toMatchObject({ status: 'pending', attempts: 0 });

    platform.simulator.faults.set({ monthlyQuota: 0 });
    await resumeImport(context, { importId });

    expect(await processLesson(context, { importId, itemId: second?.id ?? '' })).not.toBeNull();
  });

  it('leaves nothing behind when a gateway gives up, and asks for a long pause', async () => {
    const { processLesson } = await stages();
    const importId = await startExtracted(courses.sample);
    platform.simulator.faults.set({ status504: 'always' });
    const { id: itemId } = await itemOf(importId, 'lesson', '930001');

    const error = await processLesson(context, { importId, itemId }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retry: { afterMs: 60_000 } });
    expect(await itemsOf(importId, 'block')).toEqual([]);
    expect(await itemOf(importId, 'lesson', '930001')).toMatchObject({ status: 'running', attempts: 1 });
  });

  it('keeps the rest when one of its blocks cannot be understood', async () => {
    const { processLesson } = await stages();
    const importId = await startExtracted(courses.sample);
    const lecture = platform.simulator.school.findLecture(510001, 930003);
    const attachments = [
      { id: 7799001, name: 'odd.png', kind: 'image', url: 'http://[::not-an-address/x.png', position: 0 },
      ...(lecture?.attachments ?? []),
    ];
    platform.simulator.school.editLecture(930003, { attachments });
    const { id: itemId } = await itemOf(importId, 'lesson', '930003');

    const result = await processLesson(context, { importId, itemId });

    expect(result?.blocks).toBe(attachments.length);
    const first = await itemOf(importId, 'block', '7799001');
    expect(['failed', 'skipped']).toContain(first.status);
  });
});

describe('an asset', () => {
  it('that finds the disk full tells so and leaves no trace', async () => {
    const { processLesson, downloadAssetItem } = await stages();
    const { AppError } = await import('../../src/errors/app-error.ts');
    const { readdir } = await import('node:fs/promises');
    const importId = await startExtracted(courses.sample);
    await processLesson(context, { importId, itemId: (await itemOf(importId, 'lesson', '930006')).id });
    const asset = (await itemsOf(importId, 'asset')).find(({ request }) => request?.kind === 'audio');
    const full = new AppError({
      code: 'DISK_FULL',
      message: 'Cannot store: no room',
      publicMessage: 'The disk is full.',
      retry: 'later',
    });
    const storage = { ...context.storage, put: () => Promise.reject(full) };

    const stage = downloadAssetItem({ ...context, storage }, { importId, itemId: asset?.id ?? '' });

    await expect(stage).rejects.toMatchObject({ code: 'DISK_FULL', retry: 'later' });
    expect(await readdir(context.tmpDir)).toEqual([]);
    const [file] = await platform.database
      .select()
      .from(files)
      .where(eq(files.id, asset?.targetId ?? ''));
    expect(file?.assetId).toBeNull();
  });

  it('takes the place of the bytes that its file had, which are deleted when nothing else has them', async () => {
    const { processLesson, downloadAssetItem } = await stages();
    const { attachAsset } = await import('../../src/courses/save-files.ts');
    const { removeOrphans } = await import('../../src/imports/orphaned-objects.ts');
    const importId = await startExtracted(courses.sample);
    await processLesson(context, { importId, itemId: (await itemOf(importId, 'lesson', '930006')).id });
    const asset = (await itemsOf(importId, 'asset')).find(({ request }) => request?.kind === 'audio');
    const { organisationId } = context;
    const storageKey = `assets/${organisationId}/${'0'.repeat(64)}`;
    await context.storage.put(storageKey, Readable.from(['old']));
    const old = { organisationId, storageKey, sha256: '0'.repeat(64), bytes: 3, extension: 'mp3' };
    const { assetId } = await platform.database.transaction((tx) =>
      attachAsset(tx, asset?.targetId ?? '', { ...old, contentType: 'audio/mpeg' }),
    );

    await downloadAssetItem(context, { importId, itemId: asset?.id ?? '' });
    await removeOrphans(context);

    expect(await platform.database.select().from(assets).where(eq(assets.id, assetId))).toEqual([]);
    expect(await context.storage.has(storageKey)).toBe(false);
  });
});

describe('a cancelled import', () => {
  it('writes nothing any more, whatever stage was under way', async () => {
    const { extractStructure, processLesson, finishImport } = await stages();
    const { cancelImport } = await import('../../src/imports/cancel.ts');
    const importId = await startExtracted(courses.sample);
    const { id: itemId } = await itemOf(importId, 'lesson', '930001');
    platform.simulator.faults.set({ delay: 'path:/lectures/930001', delayMs: 300 });

    const underWay = processLesson(context, { importId, itemId });
    await cancelImport(context, { importId });

    expect(await underWay).toBeNull();
    expect(await extractStructure(context, { importId })).toBeNull();
    expect(await finishImport(context, { importId, run: null })).toBeNull();
    expect(await itemsOf(importId, 'block')).toEqual([]);
    expect(await statusOf(importId)).toBe('cancelled');
    const open = (await itemsOf(importId, 'lesson')).filter(({ status }) => status !== 'skipped');
    expect(open).toEqual([]);
  });

  it('ends a download that is under way', async () => {
    const { processLesson, downloadAssetItem } = await stages();
    const { cancelImport } = await import('../../src/imports/cancel.ts');
    const importId = await startExtracted(courses.sample);
    await processLesson(context, { importId, itemId: (await itemOf(importId, 'lesson', '930006')).id });
    const asset = (await itemsOf(importId, 'asset')).find(({ request }) => request?.kind === 'audio');
    platform.simulator.faults.set({ assetSlow: 'always', assetBytesPerSecond: 100 });

    const underWay = downloadAssetItem(context, { importId, itemId: asset?.id ?? '' });
    await cancelImport(context, { importId });

    expect(await underWay).toBeNull();
  });

  it('cannot be cancelled again', async () => {
    const { cancelImport } = await import('../../src/imports/cancel.ts');
    const importId = await platform.start(courses.empty);

    await cancelImport(context, { importId });

    await expect(cancelImport(context, { importId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(cancelImport(context, { importId: 'imp_none' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('an import whose runs are gone', () => {
  it('is found by the sweep once it is silent, and its open items are asked for again, each once', async () => {
    const { processLesson } = await stages();
    const { sweepImports } = await import('../../src/imports/sweep.ts');
    const { beginItem } = await import('../../src/imports/ledger.ts');
    const importId = await startExtracted(courses.sample);
    const { id: itemId } = await itemOf(importId, 'lesson', '930001');
    await beginItem(platform.database, { organisationId: context.organisationId, importId }, itemId);
    const before = await eventsOf(importId, 'import/lesson.process');

    expect(await sweepImports(context, { silentMs: 60_000 })).toEqual({ silent: 0, requested: 0 });
    const updatedAt = new Date(Date.now() - 3_600_000);
    await platform.database.update(imports).set({ updatedAt }).where(eq(imports.id, importId));
    await platform.database.update(importItems).set({ updatedAt }).where(eq(importItems.importId, importId));
    const sweeps = await Promise.all([1, 2, 3].map(() => sweepImports(context, { silentMs: 60_000 })));

    expect(sweeps.filter(({ requested }) => requested > 0)).toHaveLength(1);
    expect(await eventsOf(importId, 'import/lesson.process')).toHaveLength(2 * before.length);
    expect(await itemOf(importId, 'lesson', '930001')).toMatchObject({ status: 'pending', attempts: 0 });
    // Unchanged when another test of this file has imported it.
    const result = await processLesson(context, { importId, itemId });
    expect(['imported', 'unchanged']).toContain(result?.status);
  });
});

describe('the proof at the end', () => {
  it('fails an import whose ledger does not add up, and says where', async () => {
    const { processLesson, finishImport } = await stages();
    const { getReport } = await import('../../src/imports/report.ts');
    const importId = await startExtracted(courses.sample);
    const item = await itemOf(importId, 'lesson', '930001');
    await processLesson(context, { importId, itemId: item.id });
    await platform.database.delete(lessons).where(eq(lessons.id, item.targetId ?? ''));

    await finishImport(context, { importId, run: null });

    const report = await getReport(context, importId);
    expect(report.import.status).toBe('failed');
    expect(
      report.issues.filter(({ code }) => code === 'LEDGER_MISMATCH').map(({ itemKind }) => itemKind),
    ).toEqual(expect.arrayContaining(['lesson', 'block']));
  });
});
