import { and, count, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { importItems } from '../db/schema/index.ts';
import { type RetryClass, retryClassOf } from './retry-classes.ts';

/** The kinds that a job of their own works on. What else can fail is written with its lesson, which did not fail. */
export const retriedKinds = ['lesson', 'asset'] as const;

/** How many failed items there are of each class. */
export async function countFailed(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
): Promise<Readonly<Record<RetryClass, number>>> {
  const rows = await database
    .select({ kind: importItems.kind, reason: importItems.reason, items: count() })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, importId),
        eq(importItems.organisationId, organisationId),
        eq(importItems.status, 'failed'),
      ),
    )
    .groupBy(importItems.kind, importItems.reason);
  const counts: Record<RetryClass, number> = { now: 0, afterFix: 0, never: 0 };
  for (const { kind, reason, items } of rows) {
    const isRetried = retriedKinds.some((retried) => retried === kind);
    counts[isRetried ? retryClassOf(reason) : 'never'] += items;
  }
  return counts;
}
