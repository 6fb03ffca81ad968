import { and, eq, inArray } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { importItems } from '../db/schema/index.ts';
import { AppError } from '../errors/app-error.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { courseCancelled } from './events.ts';
import { findImport } from './find-import.ts';
import { reasons } from './ledger.ts';
import { changeStatus } from './states.ts';

/**
 * Stops an import: runs that work for it are cancelled, and nothing is written for it afterwards. What arrived stays; what was
 * open is skipped, so that the ledger adds up.
 *
 * @throws {AppError} `NOT_FOUND`; `CONFLICT` when it has ended already
 */
export async function cancelImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId }: { readonly importId: string },
): Promise<void> {
  const key = { organisationId, importId };
  const cancelled = await withOutbox(database, async (tx, emit) => {
    if (!(await changeStatus(tx, key, 'cancelled'))) return false;
    await tx
      .update(importItems)
      .set({ status: 'skipped', reason: reasons.importCancelled })
      .where(and(eq(importItems.importId, importId), inArray(importItems.status, ['pending', 'running'])));
    emit(courseCancelled.create(key));
    return true;
  });
  if (cancelled) return;

  const { status } = await findImport(database, key);
  throw new AppError({
    code: 'CONFLICT',
    message: `Cannot cancel import "${importId}": it is ${status} already`,
    publicMessage: 'This import has ended already.',
    retry: 'never',
  });
}
