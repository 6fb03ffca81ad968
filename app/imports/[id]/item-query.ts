import { z } from 'zod';
import { itemKinds, itemStatuses } from '../../../src/db/schema/imports.ts';

/** What the address asks of the list of items; a value that makes no sense counts as not given. */
const itemQuery = z.object({
  kind: z.enum(itemKinds).optional().catch(undefined),
  status: z.enum(itemStatuses).optional().catch(undefined),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
});

export type ItemQuery = z.output<typeof itemQuery>;

export function parseItemQuery(
  searchParams: Readonly<Record<string, string | string[] | undefined>>,
): ItemQuery {
  return itemQuery.parse(searchParams);
}

/** The same list seen differently; changing a filter begins again at the first page. */
export function itemHref(importId: string, query: ItemQuery, change: Partial<ItemQuery>): string {
  const next = { ...query, page: 1, ...change };
  const search = new URLSearchParams();
  if (next.kind) search.set('kind', next.kind);
  if (next.status) search.set('status', next.status);
  if (next.page > 1) search.set('page', String(next.page));
  return `/imports/${importId}${search.size > 0 ? `?${search}` : ''}#items`;
}
