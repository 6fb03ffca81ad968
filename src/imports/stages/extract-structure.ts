import { and, eq } from 'drizzle-orm';
import { findSchoolUrls } from '../../accounts/connections.ts';
import type { Context } from '../../context.ts';
import { saveCourse } from '../../courses/save-course.ts';
import type { Transaction } from '../../db/client.ts';
import { importItems, imports } from '../../db/schema/index.ts';
import { type Emit, withOutbox } from '../../jobs/outbox.ts';
import type { SourceCourse } from '../../sources/types.ts';
import { closeStage } from '../close-stage.ts';
import { type CallCounter, withSource } from '../counted-source.ts';
import { editedIssue, isKept, settledAs } from '../edited-here.ts';
import { findImport, type ImportRow } from '../find-import.ts';
import { assetItems, linkAssets, saveFoundFiles } from '../found-assets.ts';
import { beginItem, type ImportItem, recordIssues, recordItems } from '../ledger.ts';
import { unlessObsolete } from '../obsolete.ts';
import { lessonsInFlight } from '../open-items.ts';
import { hashOwn } from '../own-fields.ts';
import { planCourse } from '../plan-course.ts';
import { linkOf, linkScopeOf, linkTargets } from '../source-links.ts';
import { onRefusal } from '../source-refusal.ts';
import { changeStatus } from '../states.ts';
import { writeSections } from '../write-sections.ts';

export interface StructureResult {
  readonly sections: number;
  readonly lessons: number;
}

/**
 * First stage: reads the course, writes course, sections and lessons as a draft, opens the ledger, and asks for the first
 * lessons. The lessons' content comes by `processLesson`.
 *
 * @returns null when the import is not running, or this was done before
 * @throws {AppError} what reading a course throws (see `Source`)
 */
export async function extractStructure(
  context: Context,
  { importId }: { readonly importId: string },
): Promise<StructureResult | null> {
  const key = { organisationId: context.organisationId, importId };
  const row = await findImport(context.database, key);
  await changeStatus(context.database, key, 'running', ['pending']);
  const item = await beginCourse(context, row);
  if (!item) return null;

  return unlessObsolete(() =>
    withSource(context, { importId, connectionId: row.connectionId }, async (openSource, counter) => {
      const source = await openSource();
      const course = await source.readCourse(row.sourceCourseId).catch(onRefusal(context, key, item.id));
      const result = await withOutbox(context.database, (tx, emit) =>
        writeStructure(tx, emit, row, item, course, counter),
      );
      counter.recorded();
      return result;
    }),
  );
}

async function beginCourse({ database }: Context, row: ImportRow): Promise<ImportItem | null> {
  const [item] = await database
    .select({ id: importItems.id })
    .from(importItems)
    .where(and(eq(importItems.importId, row.id), eq(importItems.kind, 'course')));
  const begun = item ? await beginItem(database, { ...row, importId: row.id }, item.id) : null;
  return begun?.item ?? null;
}

async function writeStructure(
  tx: Transaction,
  emit: Emit,
  row: ImportRow,
  item: ImportItem,
  course: SourceCourse,
  count: CallCounter,
): Promise<StructureResult> {
  const { organisationId } = row;
  const scope = linkScopeOf(row);
  const [baseUrl = null] = await findSchoolUrls(tx, row.connectionId);
  const plan = planCourse(course, baseUrl);

  const fileIds = await linkAssets(tx, scope, course.id, plan.assets);
  const content = plan.content((sourceId) => fileIds.get(sourceId) ?? '');
  const courseHash = hashOwn('course', content);
  const courseLinks = await linkTargets(tx, scope, 'course', [
    { sourceId: course.id, contentHash: courseHash },
  ]);
  const { targetId: courseId, state: courseState } = linkOf(courseLinks, course.id);
  if (!isKept(courseState)) await saveCourse(tx, { id: courseId, organisationId, ...content });
  await saveFoundFiles(tx, organisationId, courseId, plan.assets, fileIds);

  const written = await writeSections(tx, scope, courseId, course, item.id);
  const newAssets = await recordItems(tx, scope, [
    ...assetItems(plan.assets, fileIds, item.id, 0),
    ...written.items,
  ]);
  const editedIssues =
    courseState === 'edited' ? [editedIssue('course', course.id, 'The description of the course')] : [];
  await recordIssues(tx, scope, [...plan.issues, ...written.issues, ...editedIssues]);
  await tx.update(imports).set({ courseId, title: course.title }).where(eq(imports.id, row.id));
  await closeStage(tx, emit, scope, {
    itemId: item.id,
    settlement: {
      ...settledAs(courseState),
      title: course.title,
      targetId: courseId,
      contentHash: courseHash,
    },
    newAssets,
    nextLessons: lessonsInFlight,
    count,
  });
  return { sections: course.sections.length, lessons: written.lessons };
}
