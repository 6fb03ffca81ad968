import { desc, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { connections, imports } from '../db/schema/index.ts';
import { summaryColumns, toSummary } from './summary.ts';
import type { ImportSummary } from './types.ts';

/**
 * The organisation's imports, newest first.
 *
 * @param input.limit default 50
 */
export async function listImports(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { limit = 50, offset = 0 }: { readonly limit?: number; readonly offset?: number } = {},
): Promise<ImportSummary[]> {
  const rows = await database
    .select(summaryColumns)
    .from(imports)
    .innerJoin(connections, eq(connections.id, imports.connectionId))
    .where(eq(imports.organisationId, organisationId))
    .orderBy(desc(imports.requestedAt), desc(imports.id))
    .limit(limit)
    .offset(offset);
  return rows.map(toSummary);
}
