import type { Context } from '../context.ts';
import { withdrawEvents, withOutbox } from '../jobs/outbox.ts';
import { forgetUsedUpMonth } from '../sources/teachable/school-budget.ts';
import { courseResumed } from './events.ts';
import { findImport } from './find-import.ts';
import { requestOpenItems } from './open-items.ts';
import { clearPause } from './pause.ts';
import { changeStatus } from './states.ts';
import { refusal } from './verb-refusal.ts';

/**
 * Lets a paused import go on: whatever is open is asked for again, once. The school is asked again, too, when it had said that its
 * month is used up.
 *
 * @throws {AppError} `NOT_FOUND`; `CONFLICT` when it is not paused
 */
export async function resumeImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId }: { readonly importId: string },
): Promise<void> {
  const key = { organisationId, importId };
  const row = await findImport(database, key);
  const resumed = await withOutbox(database, async (tx, emit) => {
    if (!(await changeStatus(tx, key, 'running', ['paused']))) return false;
    await clearPause(tx, key);
    if (row.pauseReason === 'SOURCE_QUOTA_EXHAUSTED') await forgetUsedUpMonth(tx, row);
    // An end of all runs that is still on its way must not come after the new ones.
    await withdrawEvents(tx, { importId });
    emit(courseResumed.create(key));
    await requestOpenItems(tx, emit, row);
    return true;
  });
  if (!resumed) throw refusal(await findImport(database, key), 'resume');
}
