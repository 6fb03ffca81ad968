import type { RunStatus } from '../../runs/run.ts';
import type { Database } from '../../store/database.ts';
import { type Excerpt, excerptColumns, longestError, longestJson, toExcerpt } from './excerpt.ts';

export interface RunDetail {
  readonly id: string;
  readonly functionId: string;
  readonly slug: string;
  readonly functionName: string;
  readonly eventId: string;
  readonly eventName: string;
  /** All events of a batch; null for a run of one event. */
  readonly batchEventIds: readonly string[] | null;
  readonly status: RunStatus;
  /** Failed attempts of the discovery job. */
  readonly attempt: number;
  readonly dueAtMs: number | null;
  /** First call that reached the app. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly output: Excerpt | null;
  readonly error: Excerpt | null;
}

interface RunRecord {
  id: string;
  function_id: string;
  slug: string;
  function_name: string;
  event_id: string;
  event_name: string;
  event_ids: readonly string[] | null;
  status: RunStatus;
  attempt: number;
  due_at_ms: number | null;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  output: string | null;
  output_bytes: number | null;
  error: string | null;
  error_bytes: number | null;
}

export async function findRunDetail(database: Database, runId: string): Promise<RunDetail | undefined> {
  const [row] = await database.read<RunRecord & Record<string, unknown>>(
    `select r.id, r.function_id, f.slug, f.name as function_name, r.event_id, e.name as event_name, r.event_ids, r.status,
       r.attempt, r.due_at_ms, r.started_at_ms, r.ended_at_ms, 
       ${excerptColumns('output', longestJson)}, ${excerptColumns('error', longestError)}
     from engine.runs r join engine.functions f on f.id = r.function_id join engine.events e on e.id = r.event_id
     where r.id = $1`,
    [runId],
  );
  return (
    row && {
      id: row.id,
      functionId: row.function_id,
      slug: row.slug,
      functionName: row.function_name,
      eventId: row.event_id,
      eventName: row.event_name,
      batchEventIds: row.event_ids,
      status: row.status,
      attempt: row.attempt,
      dueAtMs: row.due_at_ms,
      startedAtMs: row.started_at_ms,
      endedAtMs: row.ended_at_ms,
      output: toExcerpt(row.output, row.output_bytes, longestJson),
      error: toExcerpt(row.error, row.error_bytes, longestError),
    }
  );
}
