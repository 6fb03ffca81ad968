import { inArray } from 'drizzle-orm';
import type { CourseInput } from '../courses/save-course.ts';
import type { Transaction } from '../db/client.ts';
import { blocks, courses, lessons, quizzes, sections } from '../db/schema/index.ts';
import { contentHash } from '../lib/canonical-json.ts';

/**
 * What of each of our objects an import writes, whatever its place: the hash of it is noted with the source link, so that what
 * was changed at the source, and what was changed here, can be told from each other. Places (sections, positions) follow the
 * source without being noted.
 */
export const ownFields = {
  course: (row: Omit<CourseInput, 'id' | 'organisationId'>) => ({
    title: row.title,
    subtitle: row.subtitle,
    descriptionHtml: row.descriptionHtml,
    publishedAtSource: row.publishedAtSource,
    imageFileId: row.imageFileId,
    authorName: row.authorName,
    authorBioHtml: row.authorBioHtml,
    authorImageFileId: row.authorImageFileId,
  }),
  section: ({ title, published }: Pick<Row<typeof sections>, 'title' | 'published'>) => ({
    title,
    published,
  }),
  lesson: ({ title, published }: Pick<Row<typeof lessons>, 'title' | 'published'>) => ({ title, published }),
  block: ({ content }: Pick<Row<typeof blocks>, 'content'>) => content,
  quiz: ({ graded, questions }: Pick<Row<typeof quizzes>, 'graded' | 'questions'>) => ({ graded, questions }),
};

/** The kinds whose content people may change here. Files are replaced, not changed. */
export type EditableKind = keyof typeof ownFields;

type Row<Table extends { readonly $inferSelect: unknown }> = Table['$inferSelect'];

/** Hashes of what our objects hold now, by id. Objects that are gone are left out. */
export async function hashOwnFields(
  tx: Transaction,
  kind: EditableKind,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  return new Map((await readOwnFields(tx, kind, [...ids])).map(([id, own]) => [id, contentHash(own)]));
}

async function readOwnFields(
  tx: Transaction,
  kind: EditableKind,
  ids: string[],
): Promise<ReadonlyArray<readonly [string, unknown]>> {
  switch (kind) {
    case 'course':
      return (await tx.select().from(courses).where(inArray(courses.id, ids))).map(
        (row) => [row.id, ownFields.course(row)] as const,
      );
    case 'section':
      return (await tx.select().from(sections).where(inArray(sections.id, ids))).map(
        (row) => [row.id, ownFields.section(row)] as const,
      );
    case 'lesson':
      return (await tx.select().from(lessons).where(inArray(lessons.id, ids))).map(
        (row) => [row.id, ownFields.lesson(row)] as const,
      );
    case 'block':
      return (await tx.select().from(blocks).where(inArray(blocks.id, ids))).map(
        (row) => [row.id, ownFields.block(row)] as const,
      );
    case 'quiz':
      return (await tx.select().from(quizzes).where(inArray(quizzes.id, ids))).map(
        (row) => [row.id, ownFields.quiz(row)] as const,
      );
    default:
      return kind satisfies never;
  }
}
