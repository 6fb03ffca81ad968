import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Database } from '../db/client.ts';
import { blocks, courses, lessons, quizzes, sections } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import { filesInBlock, filesInQuiz, findFiles, htmlInQuiz } from './file-views.ts';
import { findLinkViews } from './link-views.ts';
import type { LessonView, QuizView } from './types.ts';

/**
 * A lesson with everything that its blocks refer to, and its neighbours in the order of the course.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function getLesson(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  lessonId: string,
): Promise<LessonView> {
  const [found] = await database
    .select({ lesson: lessons, courseTitle: courses.title, sectionTitle: sections.title })
    .from(lessons)
    .innerJoin(courses, eq(courses.id, lessons.courseId))
    .innerJoin(sections, eq(sections.id, lessons.sectionId))
    .where(and(eq(lessons.id, lessonId), eq(lessons.organisationId, organisationId)));
  if (!found) throw notFound('lesson', lessonId);
  const { lesson } = found;

  const [blockRows, neighbours] = await Promise.all([
    database
      .select({ id: blocks.id, position: blocks.position, content: blocks.content })
      .from(blocks)
      .where(eq(blocks.lessonId, lessonId))
      .orderBy(asc(blocks.position)),
    findNeighbours(database, lesson.courseId, lessonId),
  ]);
  const quizzesById = await findQuizzes(
    database,
    blockRows.flatMap(({ content }) => (content.kind === 'quiz' ? [content.quizId] : [])),
  );
  const [files, links] = await Promise.all([
    findFiles(database, organisationId, [
      ...blockRows.flatMap(({ content }) => filesInBlock(content)),
      ...Object.values(quizzesById).flatMap(filesInQuiz),
    ]),
    findLinkViews(database, organisationId, [
      ...blockRows.flatMap(({ content }) => (content.kind === 'text' ? [content.html] : [])),
      ...Object.values(quizzesById).flatMap(htmlInQuiz),
    ]),
  ]);
  return {
    id: lesson.id,
    courseId: lesson.courseId,
    courseTitle: found.courseTitle,
    sectionTitle: found.sectionTitle,
    title: lesson.title,
    published: lesson.published,
    blocks: blockRows,
    files,
    links,
    quizzes: quizzesById,
    ...neighbours,
  };
}

async function findNeighbours(
  database: Database,
  courseId: string,
  lessonId: string,
): Promise<Pick<LessonView, 'previous' | 'next'>> {
  const inOrder = await database
    .select({ id: lessons.id, title: lessons.title })
    .from(lessons)
    .innerJoin(sections, eq(sections.id, lessons.sectionId))
    .where(eq(lessons.courseId, courseId))
    .orderBy(asc(sections.position), asc(lessons.position), asc(lessons.id));
  const index = inOrder.findIndex(({ id }) => id === lessonId);
  return { previous: inOrder[index - 1] ?? null, next: inOrder[index + 1] ?? null };
}

async function findQuizzes(database: Database, ids: readonly string[]): Promise<Record<string, QuizView>> {
  if (ids.length === 0) return {};
  const rows = await database
    .select({ id: quizzes.id, graded: quizzes.graded, questions: quizzes.questions })
    .from(quizzes)
    .where(inArray(quizzes.id, [...ids]));
  return Object.fromEntries(rows.map((quiz) => [quiz.id, quiz]));
}
