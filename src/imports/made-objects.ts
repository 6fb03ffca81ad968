import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import {
  blocks,
  courses,
  files,
  type ItemKind,
  imports,
  lessons,
  quizzes,
  sections,
  sourceLinks,
} from '../db/schema/index.ts';
import type { ImportRow } from './find-import.ts';
import { objectTables } from './object-tables.ts';

/** Links of the objects that an import made: not those that it found here and changed. */
export function madeBy({ organisationId, id }: Pick<ImportRow, 'organisationId' | 'id'>, kind: ItemKind) {
  return and(
    eq(sourceLinks.organisationId, organisationId),
    eq(sourceLinks.kind, kind),
    eq(sourceLinks.createdBy, id),
  );
}

/**
 * How many objects of the import's course people have changed or added since it ended: those that are newer than the end of the
 * import that wrote them last. Objects that other imports made do not count, for they stay.
 */
export async function countEdited(tx: Transaction, row: ImportRow): Promise<number> {
  if (row.courseId === null) return 0;
  const ofCourse = tx.select({ id: lessons.id }).from(lessons).where(eq(lessons.courseId, row.courseId));
  const inCourse = {
    course: eq(courses.id, row.courseId),
    section: eq(sections.courseId, row.courseId),
    lesson: eq(lessons.courseId, row.courseId),
    block: inArray(blocks.lessonId, ofCourse),
    quiz: inArray(quizzes.lessonId, ofCourse),
    asset: eq(files.courseId, row.courseId),
  };
  let edited = 0;
  for (const [kind, table] of Object.entries(objectTables)) {
    const [counted] = await tx
      .select({ objects: sql`count(*)`.mapWith(Number) })
      .from(table)
      .leftJoin(
        sourceLinks,
        and(eq(sourceLinks.organisationId, row.organisationId), eq(sourceLinks.targetId, table.id)),
      )
      .leftJoin(imports, eq(imports.id, sourceLinks.importId))
      .where(
        and(
          inCourse[kind as ItemKind],
          or(sql`${sourceLinks.targetId} is null`, eq(sourceLinks.createdBy, row.id)),
          sql`${table.updatedAt} > coalesce(${imports.finishedAt}, ${row.finishedAt?.toISOString() ?? null}::timestamptz)`,
        ),
      );
    edited += counted?.objects ?? 0;
  }
  return edited;
}
