import type { Database } from './database.ts';

/** A request to cancel the runs of a function that were scheduled within a time. */
export interface BulkCancellation {
  readonly id: string;
  readonly functionId: string;
  readonly createdAtMs: number;
  readonly startedAfterMs: number | null;
  readonly startedBeforeMs: number;
  /** An expression over the run's event; null for all runs. */
  readonly expression: string | null;
}

const columns = `id, function_id as "functionId", created_at_ms as "createdAtMs", started_after_ms as "startedAfterMs",
  started_before_ms as "startedBeforeMs", expression`;

type BulkCancellationRow = BulkCancellation & Record<string, unknown>;

/** Newest first. */
export async function listBulkCancellations(
  database: Database,
  limit: number,
): Promise<readonly BulkCancellation[]> {
  return await database.read<BulkCancellationRow>(
    `select ${columns} from engine.bulk_cancellations order by id desc limit $1`,
    [limit],
  );
}

export async function findUndoneBulkCancellations(database: Database): Promise<readonly BulkCancellation[]> {
  return await database.readPatiently<BulkCancellationRow>(
    `select ${columns} from engine.bulk_cancellations where done_at_ms is null order by id`,
    [],
  );
}

/** Whether it exists and is still to be carried out. */
export async function isBulkCancellationUndone(database: Database, id: string): Promise<boolean> {
  const rows = await database.readPatiently(
    'select id from engine.bulk_cancellations where id = $1 and done_at_ms is null',
    [id],
  );
  return rows.length > 0;
}

export async function endBulkCancellation(database: Database, id: string, nowMs: number): Promise<void> {
  await database.readPatiently('update engine.bulk_cancellations set done_at_ms = $2 where id = $1', [
    id,
    nowMs,
  ]);
}

/** @returns whether there was one */
export async function deleteBulkCancellation(database: Database, id: string): Promise<boolean> {
  const rows = await database.read('delete from engine.bulk_cancellations where id = $1 returning id', [id]);
  return rows.length > 0;
}
