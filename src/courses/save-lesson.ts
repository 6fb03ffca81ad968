import { and, eq, notInArray, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { blocks, lessons, quizzes } from '../db/schema/index.ts';

export type BlockInput = Pick<typeof blocks.$inferInsert, 'id' | 'content'>;
export type QuizInput = Pick<typeof quizzes.$inferInsert, 'id' | 'graded' | 'questions'>;

export interface LessonContent {
  readonly organisationId: string;
  readonly lessonId: string;
  /** Null when they stay as they are. */
  readonly own: { readonly title: string; readonly published: boolean } | null;
  /** The blocks that it has now. */
  readonly presentIds: readonly string[];
  /** Every block that the lesson has from now on, in order. */
  readonly blockIds: readonly string[];
  /** Those of them that are new or differ. */
  readonly changedBlocks: readonly BlockInput[];
  readonly quizIds: readonly string[];
  readonly changedQuizzes: readonly QuizInput[];
}

/** Writes a lesson's content as a set: what is not named any more is removed, what did not change is not written. */
export async function saveLesson(tx: Transaction, lesson: LessonContent): Promise<void> {
  const { organisationId, lessonId } = lesson;
  if (lesson.own !== null)
    await tx
      .update(lessons)
      .set(lesson.own)
      .where(and(eq(lessons.id, lessonId), eq(lessons.organisationId, organisationId)));

  // Each quiz has a block.
  if (lesson.presentIds.length > 0) await removeOthers(tx, lesson);
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
      .values(
        lesson.changedBlocks.map((block) => ({
          ...block,
          organisationId,
          lessonId,
          position: lesson.blockIds.indexOf(block.id),
        })),
      )
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
  if (lesson.changedBlocks.length < lesson.blockIds.length) await placeBlocks(tx, lesson);
}

/** Removes what is not named any more. */
async function removeOthers(tx: Transaction, { lessonId, blockIds, quizIds }: LessonContent): Promise<void> {
  // Drizzle turns "not in ()" into true.
  await tx.delete(blocks).where(and(eq(blocks.lessonId, lessonId), notInArray(blocks.id, [...blockIds])));
  await tx.delete(quizzes).where(and(eq(quizzes.lessonId, lessonId), notInArray(quizzes.id, [...quizIds])));
}

/** Blocks that are not written may have another place, in this lesson or in another one. */
async function placeBlocks(tx: Transaction, { lessonId, blockIds }: LessonContent): Promise<void> {
  await tx.execute(sql`
    update ${blocks} set lesson_id = ${lessonId}, position = place.ordinal - 1, updated_at = now()
    from unnest(${sql.param([...blockIds])}::text[]) with ordinality as place (id, ordinal)
    where ${blocks.id} = place.id and (${blocks.lessonId}, ${blocks.position}) is distinct from (${lessonId}, place.ordinal - 1)`);
}
