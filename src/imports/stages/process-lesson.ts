import { eq, sql } from 'drizzle-orm';
import type { Context } from '../../context.ts';
import { saveLesson } from '../../courses/save-lesson.ts';
import type { Transaction } from '../../db/client.ts';
import { blocks, connections, lessons } from '../../db/schema/index.ts';
import { isAppError } from '../../errors/app-error.ts';
import { type Emit, withOutbox } from '../../jobs/outbox.ts';
import type { SourceLesson } from '../../sources/types.ts';
import { closeStage } from '../close-stage.ts';
import { type CallCounter, withSource } from '../counted-source.ts';
import { editedIssue, isKept, settledAs } from '../edited-here.ts';
import type { ImportRow } from '../find-import.ts';
import { assetItems, linkAssets, saveFoundFiles } from '../found-assets.ts';
import { inLesson } from '../in-lesson.ts';
import { beginItem, type ImportItem, reasons, recordIssues, recordItems } from '../ledger.ts';
import { unlessObsolete } from '../obsolete.ts';
import { hashOwn } from '../own-fields.ts';
import { planLesson } from '../plan-lesson.ts';
import { shortTitle } from '../short-title.ts';
import { linkOf, linkScopeOf, linkTargets } from '../source-links.ts';
import { onRefusal } from '../source-refusal.ts';
import { linkBlocks } from '../write-blocks.ts';

export interface LessonResult {
  readonly status: 'imported' | 'unchanged' | 'skipped';
  readonly blocks: number;
  readonly assets: number;
}

/**
 * Second stage, once for each lesson: reads it, writes its blocks and quizzes, and asks for the files in it and for the next
 * lesson. A lesson that was deleted at the source meanwhile is skipped.
 *
 * @returns null when the import is not running, or the lesson is settled
 * @throws {AppError} what reading a lesson throws (see `Source`), except that it is gone
 */
export async function processLesson(
  context: Context,
  { importId, itemId }: { readonly importId: string; readonly itemId: string },
): Promise<LessonResult | null> {
  const { database, organisationId } = context;
  const key = { organisationId, importId };
  const begun = await beginItem(database, key, itemId);
  if (!begun) return null;
  const { item, row } = begun;

  return unlessObsolete(() =>
    withSource(context, { importId, connectionId: row.connectionId }, async (openSource, counter) => {
      const source = await openSource();
      const lesson = await source
        .readLesson(row.sourceCourseId, item.sourceId)
        .catch(onRefusal(context, key, itemId))
        .catch((error: unknown) => {
          if (isAppError(error, 'SOURCE_NOT_FOUND')) return null;
          throw error;
        });
      const result = await withOutbox(database, (tx, emit) =>
        lesson ? writeLesson(tx, emit, row, item, lesson, counter) : skipLesson(tx, emit, row, item, counter),
      );
      counter.recorded();
      return result;
    }),
  );
}

async function writeLesson(
  tx: Transaction,
  emit: Emit,
  row: ImportRow,
  item: ImportItem,
  lesson: SourceLesson,
  count: CallCounter,
): Promise<LessonResult> {
  const { organisationId } = row;
  const scope = linkScopeOf(row);
  const place = await findPlace(tx, row, item);
  const [baseUrl = null] = place.schoolUrls;
  const plan = planLesson(row.sourceCourseId, lesson, baseUrl);

  const fileIds = await linkAssets(tx, scope, row.sourceCourseId, plan.assets);
  await saveFoundFiles(tx, organisationId, place.courseId, plan.assets, fileIds);
  const written = await linkBlocks(
    tx,
    scope,
    plan,
    fileIds,
    { ...item, title: lesson.title },
    place.blockIds,
  );

  const own = { title: lesson.title, published: lesson.published };
  const lessonHash = hashOwn('lesson', own);
  const links = await linkTargets(tx, scope, 'lesson', [{ sourceId: lesson.id, contentHash: lessonHash }]);
  const { targetId: lessonId, state } = linkOf(links, lesson.id);
  const isUnchanged = isKept(state) && written.isUnchanged;
  if (!isUnchanged)
    await saveLesson(tx, { organisationId, lessonId, own: isKept(state) ? null : own, ...written.content });

  const assets = assetItems(plan.assets, fileIds, item.id, item.position);
  const newAssets = await recordItems(tx, scope, [...written.items, ...assets]);
  const editedIssues = state === 'edited' ? [editedIssue('lesson', lesson.id, 'Its title or state')] : [];
  const issues = [...plan.issues, ...written.issues, ...editedIssues];
  await recordIssues(
    tx,
    scope,
    inLesson(
      { sourceId: lesson.id, title: lesson.title, blockIds: lesson.blocks.map(({ id }) => id) },
      issues,
    ),
  );
  const settlement = written.isUnchanged ? settledAs(state) : ({ status: 'imported' } as const);
  await closeStage(tx, emit, scope, {
    itemId: item.id,
    settlement: { ...settlement, title: lesson.title, targetId: lessonId, contentHash: lessonHash },
    newAssets,
    nextLessons: 1,
    count,
  });
  return { status: settlement.status, blocks: written.items.length, assets: assets.length };
}

async function skipLesson(
  tx: Transaction,
  emit: Emit,
  row: ImportRow,
  item: ImportItem,
  count: CallCounter,
): Promise<LessonResult> {
  const key = { organisationId: row.organisationId, importId: row.id };
  await recordIssues(tx, key, [
    {
      severity: 'warning',
      code: reasons.sourceGone,
      message: `The lesson "${shortTitle(item.title)}" was deleted at your school while the import was running.`,
      detail: `Lesson ${item.sourceId} was listed in course ${row.sourceCourseId}, then answered 404`,
      itemKind: 'lesson',
      sourceId: item.sourceId,
    },
  ]);
  await closeStage(tx, emit, key, {
    itemId: item.id,
    settlement: { status: 'skipped', reason: reasons.sourceGone },
    nextLessons: 1,
    count,
  });
  return { status: 'skipped', blocks: 0, assets: 0 };
}

/** Where the first stage put the lesson, its blocks in order, and the addresses of its school's pages. */
async function findPlace(tx: Transaction, row: ImportRow, item: ImportItem) {
  const [place] = await tx
    .select({
      courseId: lessons.courseId,
      schoolUrls: connections.schoolUrls,
      blockIds: sql<
        string[]
      >`array(select ${blocks.id} from ${blocks} where ${blocks.lessonId} = ${lessons.id} order by ${blocks.position})`,
    })
    .from(lessons)
    .innerJoin(connections, eq(connections.id, row.connectionId))
    .where(eq(lessons.id, item.targetId ?? ''));
  if (!place) throw new Error(`Cannot process lesson "${item.sourceId}": its draft was deleted`);
  return place;
}
