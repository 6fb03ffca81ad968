import { and, asc, count, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Database } from '../db/client.ts';
import { blocks, courses, lessons, sections } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import { filesInHtml, findFiles } from './file-views.ts';
import { findLinkViews } from './link-views.ts';
import type { CourseView, LessonSummary } from './types.ts';

/**
 * A course with its sections and lessons, in order.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function getCourse(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  courseId: string,
): Promise<CourseView> {
  const [course] = await database
    .select()
    .from(courses)
    .where(and(eq(courses.id, courseId), eq(courses.organisationId, organisationId)));
  if (!course) throw notFound('course', courseId);

  const htmls = [course.descriptionHtml, course.authorBioHtml].filter((html) => html !== null);
  const [sectionRows, lessonsOf, files, links] = await Promise.all([
    database.select().from(sections).where(eq(sections.courseId, courseId)).orderBy(asc(sections.position)),
    lessonsBySection(database, courseId),
    findFiles(
      database,
      organisationId,
      [course.imageFileId, course.authorImageFileId, ...htmls.flatMap(filesInHtml)].filter(
        (id) => id !== null,
      ),
    ),
    findLinkViews(database, organisationId, htmls),
  ]);
  return {
    id: course.id,
    title: course.title,
    subtitle: course.subtitle,
    descriptionHtml: course.descriptionHtml,
    state: course.state,
    image: files[course.imageFileId ?? ''] ?? null,
    author:
      course.authorName === null
        ? null
        : {
            name: course.authorName,
            bioHtml: course.authorBioHtml,
            image: files[course.authorImageFileId ?? ''] ?? null,
          },
    sections: sectionRows.map(({ id, title, position, published }) => ({
      id,
      title,
      position,
      published,
      lessons: lessonsOf.get(id) ?? [],
    })),
    references: { files, links },
  };
}

async function lessonsBySection(database: Database, courseId: string): Promise<Map<string, LessonSummary[]>> {
  const rows = await database
    .select({
      sectionId: lessons.sectionId,
      id: lessons.id,
      title: lessons.title,
      position: lessons.position,
      published: lessons.published,
      blockCount: count(blocks.id),
    })
    .from(lessons)
    .leftJoin(blocks, eq(blocks.lessonId, lessons.id))
    .where(eq(lessons.courseId, courseId))
    .groupBy(lessons.id)
    .orderBy(asc(lessons.position), asc(lessons.id));
  const bySection = new Map<string, LessonSummary[]>();
  for (const { sectionId, ...lesson } of rows) {
    bySection.set(sectionId, [...(bySection.get(sectionId) ?? []), lesson]);
  }
  return bySection;
}
