import { saveConnection } from '../../src/accounts/connections.ts';
import type { Context } from '../../src/context.ts';
import { createTeachableSource } from '../../src/sources/teachable/source.ts';
import type { CallBudget, SourceCoursePage } from '../../src/sources/types.ts';

export interface NewSchool {
  readonly label: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  /** As typed. */
  readonly schoolUrls: string;
}

/** A school that is not saved yet has no budget row; one call does not hurt its allowance. */
const singleCall: CallBudget = { take: async () => {}, observe: async () => {} };

/**
 * Saves a school after its API has accepted the key, so that a wrong one leaves nothing behind.
 *
 * @throws {AppError} what `Source` throws
 */
export async function addSchool(
  { database, organisationId, http, log }: Pick<Context, 'database' | 'organisationId' | 'http' | 'log'>,
  { label, apiUrl, apiKey, schoolUrls }: NewSchool,
): Promise<SourceCoursePage & { readonly connectionId: string }> {
  const page = await createTeachableSource({ apiUrl, apiKey, http, log, budget: singleCall }).listCourses(1);
  const { id } = await saveConnection(database, { organisationId, apiUrl, label, apiKey, schoolUrls });
  return { ...page, connectionId: id };
}
