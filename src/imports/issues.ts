import { and, asc, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { importIssues, issueSeverities } from '../db/schema/index.ts';
import { inOrderOf } from './list-order.ts';
import type { IssueView } from './types.ts';

/** An import's issues, the worst first. */
export async function listIssues(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
): Promise<IssueView[]> {
  return database
    .select({
      id: importIssues.id,
      severity: importIssues.severity,
      code: importIssues.code,
      message: importIssues.message,
      detail: importIssues.detail,
      itemKind: importIssues.itemKind,
      sourceId: importIssues.sourceId,
    })
    .from(importIssues)
    .where(and(eq(importIssues.importId, importId), eq(importIssues.organisationId, organisationId)))
    .orderBy(
      inOrderOf(importIssues.severity, issueSeverities.toReversed()),
      asc(importIssues.code),
      asc(importIssues.itemKind),
      asc(importIssues.sourceId),
      asc(importIssues.message),
    );
}
