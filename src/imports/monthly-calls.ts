import type { Context } from '../context.ts';
import { getBudget, type SchoolBudget, setMonthlyQuota } from '../sources/teachable/school-budget.ts';
import { findImport } from './find-import.ts';
import { resumeImport } from './resume.ts';
import { conflict } from './verb-refusal.ts';

type Owner = Pick<Context, 'database' | 'organisationId'>;

/**
 * The allowance of API calls of an import's school.
 *
 * @throws {AppError} `NOT_FOUND`
 */
export async function getMonthlyCalls(
  { database, organisationId }: Owner,
  { importId }: { readonly importId: string },
): Promise<SchoolBudget> {
  const { connectionId } = await findImport(database, { organisationId, importId });
  return getBudget({ database, organisationId }, connectionId);
}

/**
 * Says how many API calls a month the plan of an import's school includes; null when it is not known. The import itself does not
 * change; a paused one is resumed by `resumeImport`.
 *
 * @returns the school's allowance as it is then
 * @throws {AppError} `NOT_FOUND` for an unknown import; `INPUT_INVALID` for a number that is none
 */
export async function setMonthlyCalls(
  { database, organisationId }: Owner,
  { importId, calls }: { readonly importId: string; readonly calls: number | null },
): Promise<SchoolBudget> {
  const { connectionId } = await findImport(database, { organisationId, importId });
  await setMonthlyQuota({ database, organisationId }, { connectionId, calls });
  return getBudget({ database, organisationId }, connectionId);
}

/**
 * The same, and lets the paused import go on.
 *
 * @throws {AppError} as `setMonthlyCalls` and `resumeImport`; `CONFLICT` when that number is used up, too: it is noted, and the
 * import stays paused
 */
export async function resumeWithMonthlyCalls(
  context: Owner,
  { importId, calls }: { readonly importId: string; readonly calls: number | null },
): Promise<void> {
  const { usedCalls, reservedCalls, leftCalls } = await setMonthlyCalls(context, { importId, calls });
  if (leftCalls === 0) {
    throw conflict(
      `Cannot resume import "${importId}": ${usedCalls} calls were made this month, and imports leave ${reservedCalls} of ${calls} alone`,
      `That leaves no calls: ${usedCalls} made from here this month, ${reservedCalls} kept in reserve.`,
    );
  }
  await resumeImport(context, { importId });
}
