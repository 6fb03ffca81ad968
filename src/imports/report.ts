import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { importItems, importRuns } from '../db/schema/index.ts';
import { notAvailableFrom } from '../sources/not-available.ts';
import { countKinds } from './count-kinds.ts';
import { findImport } from './find-import.ts';
import { listIssues } from './issues.ts';
import type { ImportReport } from './types.ts';

/**
 * The report of an import, read from its ledger: docs/report.md. Also of one that is under way: the counts are then those of
 * the moment and do not add up yet.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function getReport(
  context: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
): Promise<ImportReport> {
  const { database, organisationId } = context;
  const row = await findImport(database, { organisationId, importId });
  const [{ kinds }, issues, assets, engine] = await Promise.all([
    countKinds(database, importId),
    listIssues(context, { importId }),
    countAssets(context, importId),
    countRuns(context, importId),
  ]);
  return {
    import: {
      id: row.id,
      status: row.status,
      startedAt: row.startedAt?.toISOString() ?? null,
      finishedAt: row.finishedAt?.toISOString() ?? null,
      durationMs: row.startedAt && row.finishedAt ? row.finishedAt.getTime() - row.startedAt.getTime() : null,
    },
    course: { sourceId: row.sourceCourseId, id: row.courseId, title: row.title },
    kinds: kinds.map(({ pending: _pending, running: _running, ...counts }) => counts),
    issues: issues.issues.map(({ id: _id, ...issue }) => issue),
    notAvailable: notAvailableFrom[row.source],
    source: { calls: row.sourceCalls, rateLimited: row.sourceRateLimited },
    assets,
    engine,
  };
}

/** Assets that are here after the import, those that were here before it included. */
async function countAssets(
  { database }: Pick<Context, 'database'>,
  importId: string,
): Promise<ImportReport['assets']> {
  const [row] = await database
    .select({
      count: sql`count(*)`.mapWith(Number),
      bytes: sql`coalesce(sum(${importItems.bytes}), 0)`.mapWith(Number),
      deduplicated: sql`coalesce(sum(${importItems.deduplicated}), 0)`.mapWith(Number),
    })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, importId),
        eq(importItems.kind, 'asset'),
        sql`${importItems.status} in ('imported', 'unchanged')`,
      ),
    );
  return row ?? { count: 0, bytes: 0, deduplicated: 0 };
}

async function countRuns(
  { database }: Pick<Context, 'database'>,
  importId: string,
): Promise<ImportReport['engine']> {
  const [row] = await database
    .select({
      runs: sql`count(*)`.mapWith(Number),
      steps: sql`coalesce(sum(${importRuns.steps}), 0)`.mapWith(Number),
    })
    .from(importRuns)
    .where(eq(importRuns.importId, importId));
  return row ?? { runs: 0, steps: 0 };
}
