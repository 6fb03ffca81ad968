import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { budgets, connections, importIssues, imports } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import { countKinds } from './count-kinds.ts';
import { isFinal } from './states.ts';
import { summaryColumns, toSummary } from './summary.ts';
import type { ImportProgress, KindCounts } from './types.ts';

/**
 * One look at an import.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function getProgress(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
): Promise<ImportProgress> {
  // The status first: a final one is then never shown with counts from before its end.
  const [row] = await database
    .select({
      ...summaryColumns,
      blockedUntil: budgets.blockedUntil,
      blocked: sql<boolean>`coalesce(${budgets.blockedUntil} > now(), false)`,
      todo: issuesOf('todo'),
      warning: issuesOf('warning'),
      error: issuesOf('error'),
    })
    .from(imports)
    .innerJoin(connections, eq(connections.id, imports.connectionId))
    .leftJoin(budgets, eq(budgets.connectionId, imports.connectionId))
    .where(and(eq(imports.id, importId), eq(imports.organisationId, organisationId)));
  if (!row) throw notFound('import', importId);

  const { blockedUntil, blocked, todo, warning, error, ...summary } = row;
  const { kinds, bytes } = await countKinds(database, importId);
  return {
    ...toSummary(summary),
    kinds,
    done: sum(kinds, ({ imported, unchanged, skipped, failed }) => imported + unchanged + skipped + failed),
    found: sum(kinds, ({ found }) => found),
    bytes,
    issues: { todo, warning, error },
    waitingUntil: blocked && !isFinal(row.status) ? (blockedUntil?.toISOString() ?? null) : null,
  };
}

function issuesOf(severity: 'todo' | 'warning' | 'error') {
  return sql`(select count(*) from ${importIssues} where ${importIssues.importId} = ${imports.id} and ${importIssues.severity} = ${severity})`.mapWith(
    Number,
  );
}

function sum(kinds: readonly KindCounts[], value: (counts: KindCounts) => number): number {
  return kinds.reduce((total, counts) => total + value(counts), 0);
}
