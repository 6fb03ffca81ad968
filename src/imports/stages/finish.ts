import type { Context } from '../../context.ts';
import type { ImportStatus } from '../../db/schema/index.ts';
import { withOutbox } from '../../jobs/outbox.ts';
import type { EndedRun } from '../../jobs/run-middleware.ts';
import { countKinds } from '../count-kinds.ts';
import { courseFinished } from '../events.ts';
import { findImport } from '../find-import.ts';
import { recordIssues } from '../ledger.ts';
import { recordRun } from '../record-run.ts';
import { changeStatus } from '../states.ts';
import { type Mismatch, verifyLedger } from '../verify-ledger.ts';
import { resolveLinks } from './resolve-links.ts';

/**
 * Last stage: proves the ledger, sets the final status and tells `import/course.finished`. `completed` means that everything
 * found is here, `partial` that some items failed, `failed` that the ledger does not add up.
 *
 * @param input.run the run that does it, so that a report read at once has it, too
 * @returns null when the import is not running any more
 */
export async function finishImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId, run }: { readonly importId: string; readonly run: EndedRun | null },
): Promise<{ readonly status: ImportStatus } | null> {
  const key = { organisationId, importId };
  const row = await findImport(database, key);
  const mismatches = await verifyLedger(database, importId);
  const { kinds } = await countKinds(database, importId);
  const failed = kinds.some((counts) => counts.failed > 0);
  const status = mismatches.length > 0 ? 'failed' : failed ? 'partial' : 'completed';

  const changed = await withOutbox(database, async (tx, emit) => {
    if (!(await changeStatus(tx, key, status))) return false;
    await recordIssues(
      tx,
      key,
      mismatches.map((mismatch) => mismatchIssue(mismatch, row.sourceCourseId)),
    );
    await resolveLinks(tx, row);
    if (run) await recordRun(tx, key, run);
    emit(courseFinished.create(key));
    return true;
  });
  return changed ? { status } : null;
}

function mismatchIssue({ kind, detail }: Mismatch, sourceCourseId: string) {
  return {
    severity: 'error',
    code: 'LEDGER_MISMATCH',
    message: `The proof of this import does not add up for its ${kind}s. Start the import again.`,
    detail,
    itemKind: kind,
    sourceId: sourceCourseId,
  } as const;
}
