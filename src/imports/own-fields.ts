import { inArray } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { blocks, courses, lessons, quizzes, sections } from '../db/schema/index.ts';
import { contentHash } from '../lib/canonical-json.ts';
import { objectTables } from './object-tables.ts';

/**
 * What of each of our objects an import writes, whatever its place: the hash of it is noted with the source link, so that what
 * was changed at the source, and what was changed here, can be told from each other. Places (sections, positions) follow the
 * source without being noted.
 */
const ownColumns = {
  course: {
    title: courses.title,
    subtitle: courses.subtitle,
    descriptionHtml: courses.descriptionHtml,
    publishedAtSource: courses.publishedAtSource,
    imageFileId: courses.imageFileId,
    authorName: courses.authorName,
    authorBioHtml: courses.authorBioHtml,
    authorImageFileId: courses.authorImageFileId,
  },
  section: { title: sections.title, published: sections.published },
  lesson: { title: lessons.title, published: lessons.published },
  block: { content: blocks.content },
  quiz: { graded: quizzes.graded, questions: quizzes.questions },
};

/** The kinds whose content people may change here. Files are replaced, not changed. */
export type EditableKind = keyof typeof ownColumns;

/** The hash of what an import is about to write. */
export function hashOwn<Kind extends EditableKind>(
  kind: Kind,
  row: Readonly<Record<keyof (typeof ownColumns)[Kind], unknown>>,
): string {
  const own = Object.entries(row).filter(([name]) => Object.hasOwn(ownColumns[kind], name));
  return contentHash(Object.fromEntries(own));
}

/** Hashes of what our objects hold now, by id. Objects that are gone are left out. */
export async function hashPresent(
  tx: Transaction,
  kind: EditableKind,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const table = objectTables[kind];
  const rows = await tx
    .select({ id: table.id, own: ownColumns[kind] })
    .from(table)
    .where(inArray(table.id, [...ids]));
  return new Map(rows.map(({ id, own }) => [id, contentHash(own)]));
}
