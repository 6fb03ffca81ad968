import type { JsonText } from '../protocol/canonical-json.ts';
import { firstIdAt } from '../protocol/ids.ts';
import type { MatchKey, WaitRef } from '../waits/wait.ts';
import type { Database } from './database.ts';

/** A step that waits for an event. */
export interface EventWait {
  readonly runId: string;
  readonly stepId: string;
  readonly setId: string;
  readonly path: string;
  readonly valueHash: string;
  readonly expression: string | null;
  readonly event: JsonText | null;
  /** When its time is over. The step may wait on until its app can be called. */
  readonly dueAtMs: number;
}

/** Where a search goes on: behind the last wait that it found. */
export interface WaitCursor extends MatchKey {
  readonly afterRunId: string;
  readonly afterStepId: string;
}

/** Paths that the waits for an event of this name are looked up by; an empty one if some are not. */
export async function findWaitPaths(database: Database, name: string): Promise<readonly string[]> {
  // Jumps from one path to the next in the index, however many waits there are.
  const rows = await database.readPatiently<{ path: string }>(
    `with recursive paths as (
       (select path from engine.waits where kind = 'event' and name = $1 order by path limit 1)
       union all
       select (select w.path from engine.waits w
               where w.kind = 'event' and w.name = $1 and w.path > p.path order by w.path limit 1)
       from paths p where p.path is not null
     )
     select path from paths where path is not null`,
    [name],
  );
  return rows.map((row) => row.path);
}

/** The next waits behind each cursor, at most `limit` of each, in the order of their ids. */
export async function findEventWaits(
  database: Database,
  query: { name: string; cursors: readonly WaitCursor[]; limit: number },
): Promise<readonly EventWait[]> {
  const { name, cursors, limit } = query;
  return await database.readPatiently<EventWait & Record<string, unknown>>(
    `select w.* from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as c (path, value_hash, run_id, step_id)
     cross join lateral (
       select run_id as "runId", step_id as "stepId", set_id as "setId", path, value_hash as "valueHash", expression, event,
         (select s.due_at_ms from engine.steps s where s.run_id = waits.run_id and s.id = waits.step_id) as "dueAtMs"
       from engine.waits
       where kind = 'event' and name = $1 and path = c.path and value_hash = c.value_hash
         and (run_id, step_id) > (c.run_id, c.step_id)
       order by run_id, step_id limit $6
     ) w`,
    [
      name,
      cursors.map((cursor) => cursor.path),
      cursors.map((cursor) => cursor.valueHash),
      cursors.map((cursor) => cursor.afterRunId),
      cursors.map((cursor) => cursor.afterStepId),
      limit,
    ],
  );
}

/** The triggering event of a run. Undefined if the run is gone. */
export async function findTrigger(database: Database, runId: string): Promise<JsonText | undefined> {
  const [row] = await database.readPatiently<{ payload: JsonText }>(
    'select e.payload from engine.runs r join engine.events e on e.id = r.event_id where r.id = $1',
    [runId],
  );
  return row?.payload;
}

/** The steps that wait for signals of these names. */
export async function findSignalWaits(
  read: Database['read'],
  names: readonly string[],
): Promise<readonly { name: string; runId: string; stepId: string }[]> {
  return await read<{ name: string; runId: string; stepId: string }>(
    `select name, run_id as "runId", step_id as "stepId" from engine.waits where kind = 'signal' and name = any($1::text[])`,
    [names],
  );
}

/** What a step requests. Undefined if it does not wait for a request any more. */
export async function findRequest(database: Database, wait: WaitRef): Promise<JsonText | undefined> {
  const [row] = await database.readPatiently<{ request: JsonText }>(
    `select request from engine.waits where kind = 'request' and run_id = $1 and step_id = $2`,
    [wait.runId, wait.stepId],
  );
  return row?.request;
}

/** Whether an event of this name was received until a time, and has not resumed the steps that wait for it yet. */
export async function isEventOnItsWay(database: Database, name: string, untilMs: number): Promise<boolean> {
  const rows = await database.readPatiently(
    `select from engine.effects f join engine.events e on e.id = f.event_id
     where f.kind = 'resume' and f.before_id < $1 and e.name = $2 limit 1`,
    [firstIdAt(untilMs + 1), name],
  );
  return rows.length > 0;
}
