import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Transaction } from '../db/client.ts';
import { importIssues, imports } from '../db/schema/index.ts';
import type { AppError } from '../errors/app-error.ts';
import { withdrawEvents, withOutbox } from '../jobs/outbox.ts';
import { redactText } from '../jobs/redact.ts';
import { coursePaused } from './events.ts';
import { finalMessage } from './final-message.ts';
import { findImport } from './find-import.ts';
import { recordIssues } from './ledger.ts';
import { putBackOpenItems } from './open-items.ts';
import { changeStatus, type ImportKey } from './states.ts';
import { refusal } from './verb-refusal.ts';

/**
 * Pauses an import until somebody resumes it: its runs are ended, what they worked on waits again, and nothing is written
 * meanwhile.
 *
 * @throws {AppError} `NOT_FOUND`; `CONFLICT` when it is paused already or has ended
 */
export async function pauseImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId }: { readonly importId: string },
): Promise<void> {
  const key = { organisationId, importId };
  const paused = await pause({ database }, key, null);
  if (!paused) throw refusal(await findImport(database, key), 'pause');
}

/**
 * Pauses an import because of an error that a person has to remove, with an issue that says how. Does nothing when it does not
 * run any more.
 */
export async function pauseBecause(
  owner: Pick<Context, 'database'>,
  key: ImportKey,
  error: AppError,
): Promise<void> {
  await pause(owner, key, error);
}

async function pause(
  { database }: Pick<Context, 'database'>,
  key: ImportKey,
  error: AppError | null,
): Promise<boolean> {
  return withOutbox(database, async (tx, emit) => {
    if (!(await changeStatus(tx, key, 'paused'))) return false;
    const [row] = await tx
      .update(imports)
      .set({ pauseReason: error?.code ?? null })
      .where(eq(imports.id, key.importId))
      .returning({ sourceCourseId: imports.sourceCourseId });
    if (error && row) await recordIssues(tx, key, [issueOf(error, row.sourceCourseId)]);
    await putBackOpenItems(tx, key);
    // Resuming asks anew for what is open.
    await withdrawEvents(tx, { importId: key.importId });
    emit(coursePaused.create(key));
    return true;
  });
}

/** Forgets why an import was paused, and the issue that said so: it goes on, or ends. */
export async function clearPause(tx: Transaction, key: ImportKey): Promise<void> {
  const [row] = await tx
    .select({ pauseReason: imports.pauseReason })
    .from(imports)
    .where(eq(imports.id, key.importId));
  if (!row?.pauseReason) return;
  await tx.update(imports).set({ pauseReason: null }).where(eq(imports.id, key.importId));
  await tx
    .delete(importIssues)
    .where(
      and(
        eq(importIssues.importId, key.importId),
        eq(importIssues.itemKind, 'course'),
        eq(importIssues.code, row.pauseReason),
      ),
    );
}

function issueOf(error: AppError, sourceCourseId: string) {
  return {
    severity: 'todo',
    code: error.code,
    message: `The import is paused and nothing is lost. ${finalMessage(error.publicMessage)} ${thenWhat(error)}`,
    detail: redactText(error.message),
    itemKind: 'course',
    sourceId: sourceCourseId,
  } as const;
}

function thenWhat({ code }: AppError): string {
  return code === 'SOURCE_KEY_REJECTED'
    ? 'Then resume the import, with a new key if there is one.'
    : 'Then resume the import.';
}
