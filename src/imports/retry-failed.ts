import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Transaction } from '../db/client.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { importIssues, importItems } from '../db/schema/index.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { chunks } from '../lib/chunks.ts';
import { itemsRetry } from './events.ts';
import { countFailed, retriedKinds } from './failed-items.ts';
import { findImport, lockImport } from './find-import.ts';
import { reasonsOf } from './retry-classes.ts';
import { refuseSecond } from './start.ts';
import { changeStatus, type ImportKey } from './states.ts';
import { conflict, refusal } from './verb-refusal.ts';

export interface RetryFailed {
  readonly importId: string;
  /** Also items whose cause somebody had to remove first. */
  readonly fixed?: boolean;
}

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/**
 * Opens the failed items of an ended import again, and nothing else: an import that ended `partial`, or `failed` after its
 * structure had been read. What hangs on a failed lesson comes with it. The import runs until these are settled, and ends anew.
 *
 * @returns how many items are open again, and how many failed ones stay as they are (see `retry-classes.ts`)
 * @throws {AppError} `NOT_FOUND`; `CONFLICT` when the import's status does not allow it, when no item can be tried again, when
 * its objects were removed, or while another import of the course is under way
 */
export async function retryFailed(
  context: Pick<Context, 'database' | 'organisationId'>,
  { importId, fixed = false }: RetryFailed,
): Promise<{ readonly reopened: number; readonly left: number }> {
  const { database, organisationId } = context;
  const key = { organisationId, importId };
  const { sourceCourseId } = await findImport(database, key);
  try {
    const reopened = await withOutbox(database, async (tx, emit) => {
      const row = await lockImport(tx, key);
      const canRetry = await changeStatus(tx, key, 'running', ['partial', 'failed']);
      if (!canRetry) throw refusal(row, 'retry');
      if (row.courseId === null || row.rolledBackAt !== null) throw nothingHere(importId);

      const items = await reopen(tx, key, reasonsOf(fixed ? ['now', 'afterFix'] : ['now']));
      if (items === 0) throw nothingToRetry(importId);
      emit(itemsRetry.create(key));
      return items;
    });
    const { now, afterFix, never } = await countFailed(context, importId);
    return { reopened, left: now + afterFix + never };
  } catch (error) {
    if (isUniqueViolation(error, 'imports_one_active_per_course'))
      await refuseSecond(context, sourceCourseId);
    throw error;
  }
}

async function reopen(tx: Transaction, key: ImportKey, reasons: readonly string[]): Promise<number> {
  const items = await tx
    .select({ id: importItems.id })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, key.importId),
        eq(importItems.status, 'failed'),
        inArray(importItems.kind, [...retriedKinds]),
        inArray(importItems.reason, [...reasons]),
      ),
    );
  for (const part of chunks(items, rowsAtOnce)) {
    const ids = part.map(({ id }) => id);
    // What they failed with is told no more; it is told again if it happens again.
    await tx.delete(importIssues).where(
      sql`${importIssues.importId} = ${key.importId} and exists (select 1 from ${importItems} where ${inArray(importItems.id, ids)}
        and ${importItems.kind} = ${importIssues.itemKind} and ${importItems.sourceId} = ${importIssues.sourceId} and ${importItems.reason} = ${importIssues.code})`,
    );
    await tx
      .update(importItems)
      .set({ status: 'pending', reason: null, requestedAt: null })
      .where(inArray(importItems.id, ids));
  }
  await tx
    .delete(importIssues)
    .where(and(eq(importIssues.importId, key.importId), eq(importIssues.code, 'LEDGER_MISMATCH')));
  return items.length;
}

function nothingToRetry(importId: string) {
  return conflict(
    `Cannot retry import "${importId}": none of its failed items can succeed as things are, mend what their issues name and retry with --fixed`,
    'None of the failed items can succeed as things are. Fix what their issues name first, or start a new import.',
  );
}

function nothingHere(importId: string) {
  return conflict(
    `Cannot retry import "${importId}": its course is not here, start a new import`,
    'There is no course to complete: it was never read, or was removed. Start a new import.',
  );
}
