import { and, eq, gt, inArray, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Transaction } from '../db/client.ts';
import { imports } from '../db/schema/index.ts';
import { mapError } from '../jobs/map-error.ts';
import { removeVariants } from '../media/remove-variants.ts';
import { findImport, type ImportRow, lockImport } from './find-import.ts';
import { countEdited } from './made-objects.ts';
import { removeOrphans } from './orphaned-objects.ts';
import { type Removed, removeMadeObjects } from './remove-made-objects.ts';
import { isFinal } from './states.ts';
import { conflict, refusal } from './verb-refusal.ts';

/**
 * Removes what an ended import made, and nothing else: objects that it created, with the bytes that nothing else uses. What was
 * here before stays, also where the import changed it. The ledger and its report stay, too.
 *
 * The database changes in one transaction; bytes are deleted after it, at the latest by the sweep.
 *
 * @returns how many objects and how many files' bytes were removed
 * @throws {AppError} `NOT_FOUND`; `CONFLICT` when the import has not ended, was rolled back already, a later import of the course
 * builds on it, or people have edited what it made
 */
export async function rollBackImport(
  context: Pick<Context, 'database' | 'organisationId' | 'storage' | 'log'>,
  { importId }: { readonly importId: string },
): Promise<Removed> {
  const { database, organisationId, log } = context;
  const key = { organisationId, importId };
  await findImport(database, key);
  const removed = await database.transaction(async (tx) => {
    const row = await lockImport(tx, key);
    await refuseUnlessAlone(tx, row);
    const made = await removeMadeObjects(tx, row);
    await tx.update(imports).set({ rolledBackAt: sql`now()` }).where(eq(imports.id, importId));
    return made;
  });
  await removeBytes(context).catch((error: unknown) => {
    log.warn(
      { err: mapError(error), importId },
      'Bytes of a removed import are still stored and are swept up later',
    );
  });
  return removed;
}

async function removeBytes(context: Pick<Context, 'database' | 'storage'>): Promise<void> {
  await removeOrphans(context);
  await removeVariants(context);
}

async function refuseUnlessAlone(tx: Transaction, row: ImportRow): Promise<void> {
  if (!isFinal(row.status)) throw refusal(row, 'roll back');
  const attempt = `Cannot roll back import "${row.id}"`;
  if (row.rolledBackAt !== null) {
    throw conflict(`${attempt}: that was done already`, 'What this import made has been removed already.');
  }
  const laterId = await findLaterImport(tx, row);
  if (laterId !== null) {
    throw conflict(
      `${attempt}: import "${laterId}" of the course came later and builds on it, roll that back first`,
      'A later import of this course builds on this one. Remove what that one made first.',
    );
  }
  const edited = await countEdited(tx, row);
  if (edited > 0) {
    throw conflict(
      `${attempt}: ${edited} of its objects were changed since it ended, delete by hand what is not wanted`,
      `People have changed this course since it was imported (${edited} changes). Delete what you do not want by hand, so that no work is lost.`,
    );
  }
}

/** A later import that read the structure, or is about to. */
async function findLaterImport(tx: Transaction, row: ImportRow): Promise<string | null> {
  const [later] = await tx
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.organisationId, row.organisationId),
        eq(imports.source, row.source),
        eq(imports.sourceCourseId, row.sourceCourseId),
        ne(imports.id, row.id),
        gt(imports.requestedAt, row.requestedAt),
        isNull(imports.rolledBackAt),
        or(isNotNull(imports.courseId), inArray(imports.status, ['pending', 'running', 'paused'])),
      ),
    )
    .limit(1);
  return later?.id ?? null;
}
