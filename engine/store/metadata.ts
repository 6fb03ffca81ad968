import type { StoredMetadata } from '../metadata/metadata.ts';
import type { Database } from './database.ts';

/** All updates of a run and its steps, in their order. */
export async function findMetadata(database: Database, runId: string): Promise<readonly StoredMetadata[]> {
  return await database.read<StoredMetadata & Record<string, unknown>>(
    `select id, run_id as "runId", step_id as "stepId", attempt, scope, kind, op, "values"
     from engine.metadata where run_id = $1 order by id`,
    [runId],
  );
}

export async function sumMetadataBytes(database: Database, runId: string): Promise<number> {
  const [row] = await database.read<{ bytes: number }>(
    `select coalesce(sum(octet_length("values"::text)), 0)::integer as bytes from engine.metadata where run_id = $1`,
    [runId],
  );
  return row?.bytes ?? 0;
}
