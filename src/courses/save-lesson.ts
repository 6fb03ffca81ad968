import { and, eq, notInArray, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { blocks, lessons, quizzes } from '../db/schema/index.ts';

export type BlockInput = Pick<typeof blocks.$inferInsert, 'id' | 'position' | 'content'>;
export type QuizInput = Pick<typeof quizzes.$inferInsert, 'id' | 'graded' | 'questions'>;

export interface LessonContent {
  readonly organisationId: string;
  readonly lessonId: string;
  readonly title: string;
  readonly published: boolean;
  /** Every block that the lesson has from now on. */
  readonly blockIds: readonly string[];
  /** Those of them that are new or differ. */
  readonly changedBlocks: readonly BlockInput[];
  readonly quizIds: readonly string[];
  readonly changedQuizzes: readonly QuizInput[];
}

/** Writes a lesson's content as a set: what is not named any more is removed, what did not change is not written. */
export async function saveLesson(tx: Transaction, lesson: LessonContent): Promise<void> {
  const { organisationId, lessonId } = lesson;
  await tx
    .update(lessons)
    .set({ title: lesson.title, published: lesson.published })
    .where(and(eq(lessons.id, lessonId), eq(lessons.organisationId, organisationId)));

  // Drizzle turns "not in ()" into true.
  await tx
    .delete(blocks)
    .where(and(eq(blocks.lessonId, lessonId), notInArray(blocks.id, [...lesson.blockIds])));
  await tx
    .delete(quizzes)
    .where(and(eq(quizzes.lessonId, lessonId), notInArray(quizzes.id, [...lesson.quizIds])));

  if (lesson.changedQuizzes.length > 0) {
    await tx
      .insert(quizzes)
      .values(lesson.changedQuizzes.map((quiz) => ({ ...quiz, organisationId, lessonId })))
      .onConflictDoUpdate({
        target: quizzes.id,
        set: {
          lessonId: sql`excluded.lesson_id`,
          graded: sql`excluded.graded`,
          questions: sql`excluded.questions`,
          updatedAt: sql`now()`,
        },
      });
  }
  if (lesson.changedBlocks.length > 0) {
    await tx
      .insert(blocks)
      .values(lesson.changedBlocks.map((block) => ({ ...block, organisationId, lessonId })))
      .onConflictDoUpdate({
        target: blocks.id,
        set: {
          lessonId: sql`excluded.lesson_id`,
          position: sql`excluded.position`,
          content: sql`excluded.content`,
          updatedAt: sql`now()`,
        },
      });
  }
}
