import type { JsonText } from '../protocol/canonical-json.ts';
import type { Database } from './database.ts';

/** A run that has not ended, with the event that triggered it. */
export interface RunningRun {
  readonly id: string;
  readonly eventId: string;
  readonly payload: JsonText;
}

/** Runs of a function whose ids are between two. */
export interface RunRange {
  readonly functionId: string;
  readonly afterId: string;
  readonly beforeId: string;
}

/** The first running runs of a range, in the order of their ids: as many as `most` allows, and one at least if there is any. */
export async function findRunningRuns(
  database: Database,
  { functionId, afterId, beforeId }: RunRange,
  most: { runs: number; bytes: number },
): Promise<readonly RunningRun[]> {
  return await database.readPatiently<RunningRun & Record<string, unknown>>(
    `with first as (
       select id, event_id, event_bytes from engine.runs
       where function_id = $1 and status = 'running' and id > $2 and id < $3 order by id limit $4
     ), sizes as (
       select id, event_id, sum(event_bytes) over (order by id) as total, row_number() over (order by id) as place from first
     )
     select s.id, s.event_id as "eventId", e.payload from sizes s join engine.events e on e.id = s.event_id
     where s.total <= $5 or s.place = 1 order by s.id`,
    [functionId, afterId, beforeId, most.runs, most.bytes],
  );
}
