import { and, eq, inArray, isNotNull, not, notExists, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import {
  blocks,
  courses,
  files,
  importItems,
  itemKinds,
  lessons,
  quizzes,
  sections,
  sourceLinks,
} from '../db/schema/index.ts';
import { chunks } from '../lib/chunks.ts';
import type { ImportRow } from './find-import.ts';
import { madeBy } from './made-objects.ts';
import { objectTables } from './object-tables.ts';
import { type RemovedAssets, removeUnusedAssets } from './remove-unused-assets.ts';

export interface Removed extends RemovedAssets {
  /** Courses, sections, lessons, blocks, quizzes and files. */
  readonly objects: number;
}

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/**
 * Deletes the objects that an import made, their links, and the assets that no file names any more, whose bytes it notes for
 * deletion. What holds an object of somebody else stays, and so does a file that is still shown somewhere.
 */
export async function removeMadeObjects(tx: Transaction, row: ImportRow): Promise<Removed> {
  const made = (kind: (typeof itemKinds)[number]) =>
    tx.select({ id: sourceLinks.targetId }).from(sourceLinks).where(madeBy(row, kind));
  const assetIds = await assetsOfCourse(tx, row);

  await tx.delete(blocks).where(inArray(blocks.id, made('block')));
  await tx.delete(quizzes).where(inArray(quizzes.id, made('quiz')));
  await tx
    .delete(lessons)
    .where(
      and(
        inArray(lessons.id, made('lesson')),
        holdsNo(tx, blocks, eq(blocks.lessonId, lessons.id)),
        holdsNo(tx, quizzes, eq(quizzes.lessonId, lessons.id)),
      ),
    );
  await tx
    .delete(sections)
    .where(
      and(inArray(sections.id, made('section')), holdsNo(tx, lessons, eq(lessons.sectionId, sections.id))),
    );
  await tx
    .delete(courses)
    .where(
      and(inArray(courses.id, made('course')), holdsNo(tx, sections, eq(sections.courseId, courses.id))),
    );
  await tx.delete(files).where(and(inArray(files.id, made('asset')), not(isShown(row.courseId ?? ''))));

  return {
    objects: await forgetLinks(tx, row),
    ...(await removeUnusedAssets(tx, row.organisationId, assetIds)),
  };
}

function holdsNo(
  tx: Transaction,
  table: typeof blocks | typeof quizzes | typeof lessons | typeof sections,
  inside: SQL,
) {
  return notExists(tx.select({ one: sql`1` }).from(table).where(inside));
}

async function assetsOfCourse(tx: Transaction, { courseId }: ImportRow): Promise<string[]> {
  if (courseId === null) return [];
  const rows = await tx
    .selectDistinct({ id: files.assetId })
    .from(files)
    .where(and(eq(files.courseId, courseId), isNotNull(files.assetId)));
  return rows.flatMap(({ id }) => id ?? []);
}

/** A file that what is left of the course still shows: in blocks, in questions, or at the course itself. */
function isShown(courseId: string): SQL {
  return sql`${files.id} in (
    select found[1] from (
      select ${blocks.content}::text as text from ${blocks} join ${lessons} on ${lessons.id} = ${blocks.lessonId}
        where ${lessons.courseId} = ${courseId}
      union all
      select ${quizzes.questions}::text from ${quizzes} join ${lessons} on ${lessons.id} = ${quizzes.lessonId}
        where ${lessons.courseId} = ${courseId}
      union all
      select concat_ws(' ', ${courses.imageFileId}, ${courses.authorImageFileId}, ${courses.descriptionHtml}, ${courses.authorBioHtml})
        from ${courses} where ${courses.id} = ${courseId}
    ) as texts, regexp_matches(text, 'fil_[0-9A-Z]{26}', 'g') as found)`;
}

/** Forgets the links of objects that are gone, and where the ledger had them. */
async function forgetLinks(tx: Transaction, row: ImportRow): Promise<number> {
  let forgotten = 0;
  for (const kind of itemKinds) {
    const table = objectTables[kind];
    const target = tx.select({ one: sql`1` }).from(table).where(eq(table.id, sourceLinks.targetId));
    const gone = await tx
      .delete(sourceLinks)
      .where(and(madeBy(row, kind), notExists(target)))
      .returning({ targetId: sourceLinks.targetId });
    for (const part of chunks(gone, rowsAtOnce)) {
      const ids = part.map(({ targetId }) => targetId);
      await tx
        .update(importItems)
        .set({ targetId: null })
        .where(and(eq(importItems.importId, row.id), inArray(importItems.targetId, ids)));
    }
    forgotten += gone.length;
  }
  return forgotten;
}
