import { z } from 'zod';
import { issueSeverities, itemKinds, itemStatuses } from '../../../src/db/schema/imports.ts';

const pageNumber = z.coerce.number().int().min(1).max(1_000_000).catch(1);

/** What the address asks of the lists of an import; a value that makes no sense counts as not given. */
const importQuery = z.object({
  kind: z.enum(itemKinds).optional().catch(undefined),
  status: z.enum(itemStatuses).optional().catch(undefined),
  page: pageNumber,
  severity: z.enum(issueSeverities).optional().catch(undefined),
  issues: z.enum(['open', 'resolved', 'all']).catch('open'),
  issuePage: pageNumber,
});

export type ImportQuery = z.output<typeof importQuery>;

export function parseImportQuery(
  searchParams: Readonly<Record<string, string | string[] | undefined>>,
): ImportQuery {
  return importQuery.parse(searchParams);
}

/** The same lists seen differently. */
export function importHref(
  importId: string,
  query: ImportQuery,
  change: Partial<ImportQuery>,
  anchor: 'items' | 'issues',
): string {
  const search = new URLSearchParams(fieldsOf({ ...query, ...change }));
  return `/imports/${importId}${search.size > 0 ? `?${search}` : ''}#${anchor}`;
}

/** The fields of a query that are not as they are without any. */
export function fieldsOf(query: Partial<ImportQuery>): Record<string, string> {
  const usual = importQuery.parse({});
  return Object.fromEntries(
    Object.entries(query)
      .filter(([name, value]) => value !== undefined && value !== usual[name as keyof ImportQuery])
      .map(([name, value]) => [name, String(value)]),
  );
}
