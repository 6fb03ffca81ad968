import { and, asc, count, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { type ItemKind, type ItemStatus, importItems, itemKinds } from '../db/schema/index.ts';
import { inOrderOf } from './list-order.ts';
import type { ItemView } from './types.ts';

export interface ItemQuery {
  readonly importId: string;
  readonly kind?: ItemKind | undefined;
  readonly status?: ItemStatus | undefined;
  /** Default 50. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface ItemPage {
  readonly items: ItemView[];
  /** All that match, on all pages. */
  readonly total: number;
}

/** A page of an import's ledger: by kind in the order of the pipeline, then by place in the course. */
export async function listItems(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId, kind, status, limit = 50, offset = 0 }: ItemQuery,
): Promise<ItemPage> {
  const matches = and(
    eq(importItems.importId, importId),
    eq(importItems.organisationId, organisationId),
    ...(kind ? [eq(importItems.kind, kind)] : []),
    ...(status ? [eq(importItems.status, status)] : []),
  );
  const [items, totals] = await Promise.all([
    database
      .select({
        id: importItems.id,
        kind: importItems.kind,
        sourceId: importItems.sourceId,
        title: importItems.title,
        status: importItems.status,
        reason: importItems.reason,
        attempts: importItems.attempts,
        bytes: importItems.bytes,
        targetId: importItems.targetId,
      })
      .from(importItems)
      .where(matches)
      .orderBy(inOrderOf(importItems.kind, itemKinds), asc(importItems.position), asc(importItems.id))
      .limit(limit)
      .offset(offset),
    database.select({ total: count() }).from(importItems).where(matches),
  ]);
  return { items, total: totals[0]?.total ?? 0 };
}
