import type { RunStatus, StepStatus } from '../runs/run.ts';
import type { Database } from './database.ts';

/** Reads for people and applications: what happened, not what to do. */

export interface EventFacts {
  readonly id: string;
  readonly name: string;
  readonly received_at_ms: number;
  readonly payload: string;
}

export interface RunFacts {
  readonly id: string;
  readonly function_id: string;
  readonly function_version: number;
  readonly slug: string;
  readonly event_id: string;
  /** The events of a batch, the first included; null for a run of one event. */
  readonly event_ids: readonly string[] | null;
  readonly event_name: string;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly due_at_ms: number | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly ended_at_ms: number | null;
}

export interface StepFacts {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly memo: string | null;
  readonly error: string | null;
  readonly due_at_ms: number | null;
  readonly created_at_ms: number;
  readonly ended_at_ms: number | null;
  /** Its arguments as JSON, where the app told them. */
  readonly input: string | null;
}

export const selectRuns = `
  select r.id, r.function_id, r.function_version, f.slug, r.event_id, r.event_ids, e.name as event_name, r.status, r.attempt,
    r.due_at_ms, r.output, r.error, r.ended_at_ms
  from engine.runs r join engine.functions f on f.id = r.function_id join engine.events e on e.id = r.event_id`;

export async function findEvent(database: Database, eventId: string): Promise<EventFacts | undefined> {
  const rows = await database.read<EventFacts & Record<string, unknown>>(
    'select id, name, received_at_ms, payload from engine.events where id = $1',
    [eventId],
  );
  return rows[0];
}

export async function findRunsOfEvent(database: Database, eventId: string): Promise<readonly RunFacts[]> {
  return await database.read<RunFacts & Record<string, unknown>>(
    `${selectRuns} where r.event_id = $1 or r.event_ids @> array[$1] order by r.id`,
    [eventId],
  );
}

export async function findRun(database: Database, runId: string): Promise<RunFacts | undefined> {
  const rows = await database.read<RunFacts & Record<string, unknown>>(`${selectRuns} where r.id = $1`, [
    runId,
  ]);
  return rows[0];
}

export async function findSteps(database: Database, runId: string): Promise<readonly StepFacts[]> {
  return await database.read<StepFacts & Record<string, unknown>>(
    `select id, name, op, status, attempts, memo, error, due_at_ms, created_at_ms, ended_at_ms, input
     from engine.steps where run_id = $1 order by created_at_ms, place`,
    [runId],
  );
}
