import type { Issue } from './ledger.ts';
import { shortTitle } from './short-title.ts';

/** Issues whose sentences name the lesson that they are about: an owner does not know it by its number. */
export function inLesson(
  lesson: { readonly sourceId: string; readonly title: string },
  issues: readonly Issue[],
): Issue[] {
  return issues.map((issue) => ({
    ...issue,
    message: `Lesson "${shortTitle(lesson.title)}": ${issue.message}`,
    lessonSourceId: lesson.sourceId,
  }));
}
