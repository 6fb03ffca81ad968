import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { connections, imports } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import { summaryColumns, toSummary } from './summary.ts';
import type { ImportSummary } from './types.ts';

/** @throws {AppError} `NOT_FOUND` */
export async function getImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
): Promise<ImportSummary> {
  const [row] = await database
    .select(summaryColumns)
    .from(imports)
    .innerJoin(connections, eq(connections.id, imports.connectionId))
    .where(and(eq(imports.id, importId), eq(imports.organisationId, organisationId)));
  if (!row) throw notFound('import', importId);
  return toSummary(row);
}
