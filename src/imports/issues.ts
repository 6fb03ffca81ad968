import { and, asc, count, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { pagePath } from '../courses/page-path.ts';
import {
  connections,
  type IssueSeverity,
  importIssues,
  imports,
  lessons,
  sourceLinks,
} from '../db/schema/index.ts';
import { inOrderOf } from './list-order.ts';
import type { IssueView } from './types.ts';

/** What could not be had, what a person has to do, what is good to know. */
export const worstFirst: readonly IssueSeverity[] = ['error', 'todo', 'warning'];

export type IssueState = 'open' | 'resolved';

export interface IssueQuery {
  readonly importId: string;
  readonly severity?: IssueSeverity | undefined;
  readonly state?: IssueState | undefined;
  /** All unless told. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface IssuePage {
  readonly issues: IssueView[];
  /** All that match, on all pages. */
  readonly total: number;
}

/** An import's issues, the worst first. The page, the report and the CSV file read these rows. */
export async function listIssues(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId, severity, state, limit, offset = 0 }: IssueQuery,
): Promise<IssuePage> {
  const matches = and(
    eq(importIssues.importId, importId),
    eq(importIssues.organisationId, organisationId),
    ...(severity ? [eq(importIssues.severity, severity)] : []),
    ...(state ? [(state === 'open' ? isNull : isNotNull)(importIssues.resolvedAt)] : []),
  );
  const rows = database
    .select({
      issue: importIssues,
      sourceCourseId: imports.sourceCourseId,
      schoolUrl: sql<string | null>`${connections.schoolUrls}[1]`,
      lessonId: lessons.id,
      courseId: lessons.courseId,
    })
    .from(importIssues)
    .innerJoin(imports, eq(imports.id, importIssues.importId))
    .innerJoin(connections, eq(connections.id, imports.connectionId))
    .leftJoin(
      sourceLinks,
      and(
        eq(sourceLinks.organisationId, importIssues.organisationId),
        eq(sourceLinks.source, imports.source),
        eq(sourceLinks.kind, 'lesson'),
        eq(sourceLinks.sourceId, importIssues.lessonSourceId),
      ),
    )
    .leftJoin(lessons, eq(lessons.id, sourceLinks.targetId))
    .where(matches)
    .orderBy(
      inOrderOf(importIssues.severity, worstFirst),
      asc(importIssues.code),
      asc(importIssues.itemKind),
      asc(importIssues.sourceId),
      asc(importIssues.message),
    )
    .offset(offset);
  const [found, totals] = await Promise.all([
    limit === undefined ? rows : rows.limit(limit),
    database.select({ total: count() }).from(importIssues).where(matches),
  ]);
  return { issues: found.map(viewOf), total: totals[0]?.total ?? 0 };
}

function viewOf({
  issue,
  sourceCourseId,
  schoolUrl,
  lessonId,
  courseId,
}: {
  readonly issue: typeof importIssues.$inferSelect;
  readonly sourceCourseId: string;
  readonly schoolUrl: string | null;
  readonly lessonId: string | null;
  readonly courseId: string | null;
}): IssueView {
  const { id, severity, code, message, detail, itemKind, sourceId, lessonSourceId, resolvedAt, resolvedBy } =
    issue;
  return {
    id,
    severity,
    code,
    message,
    detail,
    itemKind,
    sourceId,
    lesson:
      lessonSourceId === null
        ? null
        : {
            sourceId: lessonSourceId,
            path: lessonId === null || courseId === null ? null : pagePath(courseId, lessonId),
            schoolUrl: schoolUrl === null ? null : adminUrl(schoolUrl, sourceCourseId, lessonSourceId),
          },
    resolvedAt: resolvedAt?.toISOString() ?? null,
    resolvedBy,
  };
}

/** Where Teachable's owners edit a lesson. */
function adminUrl(schoolUrl: string, sourceCourseId: string, lessonSourceId: string): string {
  return `${schoolUrl}/admin-app/courses/${encodeURIComponent(sourceCourseId)}/curriculum/lessons/${encodeURIComponent(lessonSourceId)}`;
}
