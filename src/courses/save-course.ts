import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { courses, lessons, sections } from '../db/schema/index.ts';
import { chunks } from '../lib/chunks.ts';

/** What of a course comes from outside. Writing the same id again changes the row instead of adding one. */
export type CourseInput = Pick<
  typeof courses.$inferSelect,
  | 'id'
  | 'organisationId'
  | 'title'
  | 'subtitle'
  | 'descriptionHtml'
  | 'publishedAtSource'
  | 'imageFileId'
  | 'authorName'
  | 'authorBioHtml'
  | 'authorImageFileId'
>;

export type SectionInput = Omit<typeof sections.$inferInsert, 'createdAt' | 'updatedAt'>;
export type LessonInput = Omit<typeof lessons.$inferInsert, 'createdAt' | 'updatedAt'>;

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/** Writes a course as a draft, or brings one up to date without touching its state. */
export async function saveCourse(tx: Transaction, course: CourseInput): Promise<void> {
  const { id: _id, organisationId: _organisationId, ...changes } = course;
  await tx
    .insert(courses)
    .values(course)
    .onConflictDoUpdate({ target: courses.id, set: { ...changes, updatedAt: sql`now()` } });
}

/** Writes sections, or brings them up to date. */
export async function saveSections(tx: Transaction, rows: readonly SectionInput[]): Promise<void> {
  for (const part of chunks(rows, rowsAtOnce)) {
    await tx
      .insert(sections)
      .values(part)
      .onConflictDoUpdate({
        target: sections.id,
        set: {
          title: sql`excluded.title`,
          position: sql`excluded.position`,
          published: sql`excluded.published`,
          updatedAt: sql`now()`,
        },
      });
  }
}

/** Moves sections to their places. */
export async function placeSections(
  tx: Transaction,
  places: ReadonlyArray<{ readonly id: string; readonly position: number }>,
): Promise<void> {
  for (const part of chunks(places, rowsAtOnce)) {
    const ids = part.map(({ id }) => id);
    const positions = part.map(({ position }) => position);
    await tx.execute(sql`
      update ${sections} set position = place.position, updated_at = now()
      from unnest(${sql.param(ids)}::text[], ${sql.param(positions)}::int[]) as place (id, position)
      where ${sections.id} = place.id and ${sections.position} <> place.position`);
  }
}

/**
 * Gives lessons their places. A lesson that is there already keeps its title and publish state and is only moved, if at all:
 * its content is saved by `saveLesson`.
 */
export async function placeLessons(tx: Transaction, rows: readonly LessonInput[]): Promise<void> {
  for (const part of chunks(rows, rowsAtOnce)) {
    await tx
      .insert(lessons)
      .values(part)
      .onConflictDoUpdate({
        target: lessons.id,
        set: {
          sectionId: sql`excluded.section_id`,
          position: sql`excluded.position`,
          updatedAt: sql`now()`,
        },
        setWhere: sql`(${lessons.sectionId}, ${lessons.position}) is distinct from (excluded.section_id, excluded.position)`,
      });
  }
}
