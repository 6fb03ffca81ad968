import type { Database } from '../../store/database.ts';
import { type Excerpt, excerptColumns, longestError, longestJson, toExcerpt } from './excerpt.ts';

/** A step without what it carries: a run may have thousands. */
export interface StepRow {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly status: string;
  /** Times it was tried. */
  readonly attempts: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** When it is woken or tried again. */
  readonly dueAtMs: number | null;
  /** What it waits or waited for, as JSON; null if it is no wait. */
  readonly waitsFor: string | null;
}

export interface StepContent {
  readonly input: Excerpt | null;
  readonly output: Excerpt | null;
  readonly error: Excerpt | null;
}

interface StepRecord {
  id: string;
  name: string;
  op: string;
  status: string;
  attempts: number;
  created_at_ms: number;
  ended_at_ms: number | null;
  due_at_ms: number | null;
  waits_for: string | null;
}

/** All steps of a run in the order of their beginning. */
export async function findStepRows(database: Database, runId: string): Promise<readonly StepRow[]> {
  const records = await database.read<StepRecord & Record<string, unknown>>(
    `select id, name, op, status, attempts, created_at_ms, ended_at_ms, due_at_ms, waits_for
     from engine.steps where run_id = $1 order by created_at_ms, place, id`,
    [runId],
  );
  return records.map((record) => ({
    id: record.id,
    name: record.name,
    op: record.op,
    status: record.status,
    attempts: record.attempts,
    createdAtMs: record.created_at_ms,
    endedAtMs: record.ended_at_ms,
    dueAtMs: record.due_at_ms,
    waitsFor: record.waits_for,
  }));
}

/** What steps of a run carry, by step id. */
export async function findStepContents(
  database: Database,
  runId: string,
  stepIds: readonly string[],
): Promise<ReadonlyMap<string, StepContent>> {
  const records = await database.read<{
    id: string;
    input: string | null;
    input_bytes: number | null;
    memo: string | null;
    memo_bytes: number | null;
    error: string | null;
    error_bytes: number | null;
  }>(
    `select id, ${excerptColumns('input', longestJson)}, ${excerptColumns('memo', longestJson)}, ${excerptColumns('error', longestError)}
     from engine.steps where run_id = $1 and id = any($2)`,
    [runId, stepIds],
  );
  return new Map(
    records.map((record) => {
      const error = toExcerpt(record.error, record.error_bytes, longestError);
      // The memo of a failed step repeats its error.
      const memo = error === null ? toExcerpt(record.memo, record.memo_bytes, longestJson) : null;
      const input = toExcerpt(record.input, record.input_bytes, longestJson);
      return [record.id, { input, output: memo, error }];
    }),
  );
}
