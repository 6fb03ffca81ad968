import { countDistinct, desc, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { courses, lessons, sections } from '../db/schema/index.ts';
import type { CourseSummary } from './types.ts';

/** The organisation's courses, newest first. */
export async function listCourses({
  database,
  organisationId,
}: Pick<Context, 'database' | 'organisationId'>): Promise<CourseSummary[]> {
  const rows = await database
    .select({
      id: courses.id,
      title: courses.title,
      state: courses.state,
      createdAt: courses.createdAt,
      updatedAt: courses.updatedAt,
      sectionCount: countDistinct(sections.id),
      lessonCount: countDistinct(lessons.id),
    })
    .from(courses)
    .leftJoin(sections, eq(sections.courseId, courses.id))
    .leftJoin(lessons, eq(lessons.sectionId, sections.id))
    .where(eq(courses.organisationId, organisationId))
    .groupBy(courses.id)
    .orderBy(desc(courses.createdAt), desc(courses.id));
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }));
}
