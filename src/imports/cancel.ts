import type { Context } from '../context.ts';
import { importItems } from '../db/schema/index.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { courseCancelled } from './events.ts';
import { findImport } from './find-import.ts';
import { reasons } from './ledger.ts';
import { isOpen } from './open-items.ts';
import { clearPause } from './pause.ts';
import { changeStatus } from './states.ts';
import { refusal } from './verb-refusal.ts';

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
      .where(isOpen(key));
    await clearPause(tx, key);
    emit(courseCancelled.create(key));
    return true;
  });
  if (!cancelled) throw refusal(await findImport(database, key), 'cancel');
}
