import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { htmlInQuiz } from '../courses/file-views.ts';
import type { Transaction } from '../db/client.ts';
import { blocks, courses, lessons, quizzes, sourceLinks } from '../db/schema/index.ts';
import type { Issue } from './ledger.ts';

/** A text of a course, as it is stored. */
export interface CourseText extends Pick<Issue, 'itemKind' | 'sourceId'> {
  /** How sentences call it. */
  readonly name: string;
  readonly text: string;
  /** Whether it is shown as HTML, with links that work. */
  readonly isHtml: boolean;
  /** Null for the texts of the course itself. */
  readonly lesson: { readonly sourceId: string; readonly title: string } | null;
}

/** Rows that are in memory at a time. */
const rowsAtOnce = 500;

/**
 * The texts of a course in which something matches: its description, the author's text, texts and embeds of lessons, quizzes.
 *
 * @param pattern a regular expression of PostgreSQL, without case
 */
export async function* courseTexts(
  tx: Transaction,
  courseId: string,
  sourceCourseId: string,
  pattern: string,
): AsyncGenerator<CourseText> {
  const [course] = await tx.select().from(courses).where(eq(courses.id, courseId));
  const own = { itemKind: 'course', sourceId: sourceCourseId, isHtml: true, lesson: null } as const;
  if (course?.descriptionHtml)
    yield { ...own, name: "the course's description", text: course.descriptionHtml };
  if (course?.authorBioHtml) yield { ...own, name: 'the text about the author', text: course.authorBioHtml };

  for await (const row of rowsOf((after) =>
    tx
      .select({ id: blocks.id, content: blocks.content, ...placeColumns(blocks.id) })
      .from(blocks)
      .innerJoin(lessons, eq(lessons.id, blocks.lessonId))
      .where(
        and(
          eq(lessons.courseId, courseId),
          inArray(blocks.kind, ['text', 'embed']),
          sql`${blocks.content}::text ~* ${pattern}`,
          gt(blocks.id, after),
        ),
      )
      .orderBy(asc(blocks.id))
      .limit(rowsAtOnce),
  )) {
    const { content } = row;
    const place = { itemKind: 'block', sourceId: row.sourceId ?? row.id, lesson: lessonOf(row) } as const;
    if (content.kind === 'text') yield { ...place, name: 'a text', text: content.html, isHtml: true };
    if (content.kind === 'embed')
      yield {
        ...place,
        name: 'an embed',
        text: `${content.frameUrl ?? ''} ${content.sourceHtml}`,
        isHtml: false,
      };
  }

  for await (const row of rowsOf((after) =>
    tx
      .select({ id: quizzes.id, questions: quizzes.questions, ...placeColumns(quizzes.id) })
      .from(quizzes)
      .innerJoin(lessons, eq(lessons.id, quizzes.lessonId))
      .where(
        and(
          eq(lessons.courseId, courseId),
          sql`${quizzes.questions}::text ~* ${pattern}`,
          gt(quizzes.id, after),
        ),
      )
      .orderBy(asc(quizzes.id))
      .limit(rowsAtOnce),
  )) {
    const place = {
      itemKind: 'quiz',
      sourceId: row.sourceId ?? row.id,
      lesson: lessonOf(row),
      name: 'a quiz',
    } as const;
    const plain = row.questions.flatMap(({ prompt, format, answers }) => [
      ...(format === 'plain' ? [prompt] : []),
      ...answers.map(({ text }) => text),
    ]);
    for (const text of htmlInQuiz(row)) yield { ...place, text, isHtml: true };
    yield { ...place, text: plain.join('\n'), isHtml: false };
  }
}

/** The title of a row's lesson, and the source's ids of both, from the source links. */
function placeColumns(id: PgColumn) {
  const sourceIdOf = (targetId: PgColumn) =>
    sql<string | null>`(select ${sourceLinks.sourceId} from ${sourceLinks}
      where ${sourceLinks.organisationId} = ${lessons.organisationId} and ${sourceLinks.targetId} = ${targetId} limit 1)`;
  return {
    sourceId: sourceIdOf(id),
    lessonId: lessons.id,
    lessonSourceId: sourceIdOf(lessons.id),
    lessonTitle: lessons.title,
  };
}

function lessonOf(row: {
  readonly lessonId: string;
  readonly lessonSourceId: string | null;
  readonly lessonTitle: string;
}) {
  return { sourceId: row.lessonSourceId ?? row.lessonId, title: row.lessonTitle };
}

/** All rows of a query that is asked page by page, in the order of their ids. */
async function* rowsOf<Row extends { readonly id: string }>(
  page: (after: string) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let after = ''; ; ) {
    const rows = await page(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return;
    after = last.id;
  }
}
