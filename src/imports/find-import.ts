import { and, eq } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { imports } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import type { ImportKey } from './states.ts';

export type ImportRow = typeof imports.$inferSelect;

/** @throws {AppError} `NOT_FOUND` */
export async function findImport(database: Database, key: ImportKey): Promise<ImportRow> {
  const [row] = await database
    .select()
    .from(imports)
    .where(and(eq(imports.id, key.importId), eq(imports.organisationId, key.organisationId)));
  if (!row) throw notFound('import', key.importId);
  return row;
}

/**
 * The same, and nobody else changes it until the transaction ends.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function lockImport(tx: Transaction, key: ImportKey): Promise<ImportRow> {
  const [row] = await tx
    .select()
    .from(imports)
    .where(and(eq(imports.id, key.importId), eq(imports.organisationId, key.organisationId)))
    .for('update');
  if (!row) throw notFound('import', key.importId);
  return row;
}
