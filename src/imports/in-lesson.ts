import type { Issue } from './ledger.ts';
import { shortTitle } from './short-title.ts';

/**
 * Issues whose sentences name the lesson that they are about: an owner does not know it by its number.
 *
 * @param lesson.blockIds the source's ids of its blocks in order, to count them for the owner
 */
export function inLesson(
  lesson: { readonly sourceId: string; readonly title: string; readonly blockIds?: readonly string[] },
  issues: readonly Issue[],
): Issue[] {
  return issues.map((issue) => {
    const part = issue.itemKind === 'block' ? (lesson.blockIds?.indexOf(issue.sourceId) ?? -1) + 1 : 0;
    const place = part === 0 ? '' : `, part ${part}`;
    return {
      ...issue,
      message: `Lesson "${shortTitle(lesson.title)}"${place}: ${issue.message}`,
      lessonSourceId: lesson.sourceId,
    };
  });
}
