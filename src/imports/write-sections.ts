import { placeLessons, placeSections, saveSections } from '../courses/save-course.ts';
import type { Transaction } from '../db/client.ts';
import { newId } from '../lib/ids.ts';
import type { SourceCourse } from '../sources/types.ts';
import { editedIssue, isKept, settledAs } from './edited-here.ts';
import type { Issue, NewItem } from './ledger.ts';
import { hashOwn } from './own-fields.ts';
import { shortTitle } from './short-title.ts';
import { type LinkScope, linkOf, linkTargets } from './source-links.ts';

/**
 * Writes the sections of a course and gives its lessons their places.
 *
 * @returns the ledger's items: sections are settled, lessons wait for their content
 */
export async function writeSections(
  tx: Transaction,
  scope: LinkScope,
  courseId: string,
  course: SourceCourse,
  courseItemId: string,
): Promise<{ readonly items: NewItem[]; readonly issues: Issue[]; readonly lessons: number }> {
  const { organisationId } = scope;
  const sections = course.sections.map((section) => {
    const { id: sourceId, title, position, published } = section;
    const row = { title, position, published };
    return { section, row, wanted: { sourceId, contentHash: hashOwn('section', row) } };
  });
  const sectionLinks = await linkTargets(
    tx,
    scope,
    'section',
    sections.map(({ wanted }) => wanted),
  );
  const lessonLinks = await linkTargets(
    tx,
    scope,
    'lesson',
    course.sections.flatMap(({ lessons }) => lessons.map(({ id }) => ({ sourceId: id, contentHash: null }))),
  );
  await saveSections(
    tx,
    sections.flatMap(({ row, wanted }) => {
      const { targetId, state } = linkOf(sectionLinks, wanted.sourceId);
      return isKept(state) ? [] : [{ id: targetId, organisationId, courseId, ...row }];
    }),
  );
  await placeSections(
    tx,
    sections.map(({ row: { position }, wanted }) => ({
      id: linkOf(sectionLinks, wanted.sourceId).targetId,
      position,
    })),
  );
  await placeLessons(
    tx,
    course.sections.flatMap((section) =>
      section.lessons.map((lesson) => ({
        id: linkOf(lessonLinks, lesson.id).targetId,
        organisationId,
        courseId,
        sectionId: linkOf(sectionLinks, section.id).targetId,
        title: lessonName(lesson.position),
        position: lesson.position,
        // A draft whose content has not arrived shows nothing by accident.
        published: lesson.published ?? false,
      })),
    ),
  );

  const items: NewItem[] = [];
  const issues: Issue[] = [];
  let lessons = 0;
  for (const { section, wanted } of sections) {
    const { targetId, state } = linkOf(sectionLinks, wanted.sourceId);
    const sectionItemId = newId('item');
    if (state === 'edited')
      issues.push(editedIssue('section', section.id, `The section "${shortTitle(section.title)}"`));
    items.push({
      id: sectionItemId,
      kind: 'section',
      sourceId: section.id,
      parentId: courseItemId,
      title: section.title,
      position: section.position,
      ...settledAs(state),
      targetId,
      contentHash: wanted.contentHash,
    });
    for (const lesson of section.lessons) {
      items.push({
        id: newId('item'),
        kind: 'lesson',
        sourceId: lesson.id,
        parentId: sectionItemId,
        title: lessonName(lesson.position),
        position: lessons,
        status: 'pending',
        targetId: linkOf(lessonLinks, lesson.id).targetId,
      });
      lessons += 1;
    }
  }
  return { items, issues, lessons };
}

/** Until the lesson itself has been read; the course's listing has no titles. */
function lessonName(position: number): string {
  return `Lesson ${position + 1}`;
}
