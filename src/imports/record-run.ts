import type { Database, Transaction } from '../db/client.ts';
import { importRuns } from '../db/schema/index.ts';
import type { EndedRun } from '../jobs/run-middleware.ts';
import type { ImportKey } from './states.ts';

/** Notes a run that worked for an import, for its report; telling the same run again changes nothing. */
export async function recordRun(
  database: Database | Transaction,
  { organisationId, importId }: ImportKey,
  { runId, jobId, steps }: EndedRun,
): Promise<void> {
  await database
    .insert(importRuns)
    .values({ organisationId, importId, runId, jobId, steps })
    .onConflictDoUpdate({ target: [importRuns.importId, importRuns.runId], set: { steps } });
}
