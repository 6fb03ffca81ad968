import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { Context } from '../../context.ts';
import type { Database } from '../../db/client.ts';
import { importItems, lessons, sections, sourceLinks } from '../../db/schema/index.ts';
import { isAppError } from '../../errors/app-error.ts';
import type { SourceCourse } from '../../sources/types.ts';
import { withSource } from '../counted-source.ts';
import { findImport, type ImportRow, lockImport } from '../find-import.ts';
import { type Issue, reasons, recordIssues } from '../ledger.ts';
import { shortTitle } from '../short-title.ts';
import { keyOf } from '../states.ts';

export interface Comparison {
  /** Sections and lessons that came to the source while the import ran: they are not here. */
  readonly added: number;
  /** Those that were deleted there meanwhile, or since an earlier import: they are still here. */
  readonly gone: number;
}

/** A section or lesson, by its kind and the source's id. */
interface Part {
  readonly kind: 'section' | 'lesson';
  readonly sourceId: string;
  readonly title: string;
}

/**
 * Reads the course once more, when everything is here, and compares: what was added or deleted at the source while the import
 * ran, and what is here from earlier imports but not there any more, become issues. Nothing is deleted.
 *
 * @returns null when the import is not running any more
 * @throws {AppError} what reading a course throws (see `Source`), except that it is gone
 */
export async function compareCourse(
  context: Context,
  { importId }: { readonly importId: string },
): Promise<Comparison | null> {
  const { database, organisationId } = context;
  const row = await findImport(database, { organisationId, importId });
  if (row.status !== 'running') return null;
  return withSource(context, { importId, connectionId: row.connectionId }, async (openSource) => {
    const source = await openSource();
    const course = await source.readCourse(row.sourceCourseId).catch((error: unknown) => {
      if (isAppError(error, 'SOURCE_NOT_FOUND')) return null;
      throw error;
    });
    const { issues, ...comparison } = await compare(database, row, course);
    await noteWhileRunning(database, row, issues);
    return comparison;
  });
}

/** Notes that the comparison could not be made; the import itself is none the worse. */
export async function noteUncompared(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId }: { readonly importId: string },
  reason: string,
): Promise<void> {
  const row = await findImport(database, { organisationId, importId });
  await noteWhileRunning(database, row, [
    {
      severity: 'warning',
      code: 'NOT_COMPARED',
      message:
        'The course could not be read again at the end. What changed at your school while the import ran is not known: import the course again to get it.',
      detail: reason,
      itemKind: 'course',
      sourceId: row.sourceCourseId,
    },
  ]);
}

async function noteWhileRunning(database: Database, row: ImportRow, issues: readonly Issue[]): Promise<void> {
  await database.transaction(async (tx) => {
    const { status } = await lockImport(tx, keyOf(row));
    if (status === 'running') await recordIssues(tx, keyOf(row), issues);
  });
}

async function compare(database: Database, row: ImportRow, course: SourceCourse | null) {
  if (course === null) return { added: 0, gone: 0, issues: [courseGone(row)] };
  const there = partsOf(course);
  const [found, here] = await Promise.all([findFound(database, row.id), findHere(database, row)]);
  const added = [...there].filter(([key]) => !found.has(key)).map(([, part]) => part);
  const gone = [...here].filter(([key]) => !there.has(key)).map(([, part]) => part);
  return {
    added: added.length,
    gone: gone.length,
    issues: [...added.map(addedIssue), ...gone.map(goneIssue)],
  };
}

function partsOf(course: SourceCourse): Map<string, Part> {
  return byKey(
    course.sections.flatMap((section) => [
      { kind: 'section' as const, sourceId: section.id, title: section.title },
      ...section.lessons.map(({ id }) => ({
        kind: 'lesson' as const,
        sourceId: id,
        // Listings have no titles of lessons.
        title: `a lesson in section "${shortTitle(section.title)}"`,
      })),
    ]),
  );
}

/** What this import knows of. */
async function findFound(database: Database, importId: string): Promise<Map<string, Part>> {
  const rows = await database
    .select({ kind: importItems.kind, sourceId: importItems.sourceId, title: importItems.title })
    .from(importItems)
    .where(and(eq(importItems.importId, importId), inArray(importItems.kind, ['section', 'lesson'])));
  return byKey(rows.map((row) => ({ ...row, kind: row.kind === 'section' ? 'section' : 'lesson' })));
}

/** What came from the source, by this import or an earlier one, and is in our course. */
async function findHere(database: Database, row: ImportRow): Promise<Map<string, Part>> {
  const linkOf = (kind: Part['kind'], table: typeof lessons | typeof sections) =>
    database
      .select({ sourceId: sourceLinks.sourceId, title: table.title })
      .from(sourceLinks)
      .innerJoin(table, eq(table.id, sourceLinks.targetId))
      .leftJoin(
        importItems,
        and(
          eq(importItems.importId, row.id),
          eq(importItems.kind, kind),
          eq(importItems.sourceId, sourceLinks.sourceId),
          // It is told already.
          eq(importItems.reason, reasons.sourceGone),
        ),
      )
      .where(
        and(
          eq(sourceLinks.organisationId, row.organisationId),
          eq(sourceLinks.source, row.source),
          eq(sourceLinks.kind, kind),
          eq(table.courseId, row.courseId ?? ''),
          isNull(importItems.id),
        ),
      );
  const [ownSections, ownLessons] = await Promise.all([
    linkOf('section', sections),
    linkOf('lesson', lessons),
  ]);
  return byKey([
    ...ownSections.map((part) => ({ kind: 'section' as const, ...part })),
    ...ownLessons.map((part) => ({ kind: 'lesson' as const, ...part })),
  ]);
}

function byKey(parts: readonly Part[]): Map<string, Part> {
  return new Map(parts.map((part) => [`${part.kind}/${part.sourceId}`, part]));
}

function addedIssue({ kind, sourceId, title }: Part): Issue {
  const what = kind === 'section' ? `The section "${shortTitle(title)}"` : title.replace(/^a/, 'A');
  return {
    severity: 'todo',
    code: 'ADDED_MEANWHILE',
    message: `${what} was added at your school while the import ran. Import the course again to get it.`,
    detail: null,
    itemKind: kind,
    sourceId,
  };
}

function goneIssue({ kind, sourceId, title }: Part): Issue {
  return {
    severity: 'warning',
    code: reasons.sourceGone,
    message: `The ${kind} "${shortTitle(title)}" is not at your school any more. It is still here: delete it by hand if it is not needed.`,
    detail: null,
    itemKind: kind,
    sourceId,
  };
}

function courseGone({ sourceCourseId }: ImportRow): Issue {
  return {
    severity: 'warning',
    code: reasons.sourceGone,
    message:
      'The course was deleted at your school while the import ran. What had been read by then is here.',
    detail: null,
    itemKind: 'course',
    sourceId: sourceCourseId,
  };
}
