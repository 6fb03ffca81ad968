import type { Database } from '../../store/database.ts';

/** A run that has to do with another one, or with an event. */
export interface RelatedRun {
  readonly id: string;
  readonly slug: string;
  readonly function_name: string;
}

const mostRelated = 10;

const columns = 'r.id, f.slug, f.name as function_name';

export interface Relatives {
  /** The same function with the same event, as when it was run again; newest first. */
  readonly siblings: readonly RelatedRun[];
  /** Started by the end of the run, as a handler of its failure is. */
  readonly followers: readonly RelatedRun[];
}

export async function findRelatives(
  database: Database,
  run: { readonly id: string; readonly functionId: string; readonly eventId: string },
): Promise<Relatives> {
  // The event that tells of a failure or a cancellation has the run's id.
  const [siblings, followers] = await Promise.all([
    database.read<RelatedRun & Record<string, unknown>>(
      `select ${columns} from engine.runs r join engine.functions f on f.id = r.function_id
       where r.event_id = $1 and r.function_id = $2 and r.id <> $3 order by r.id desc limit $4`,
      [run.eventId, run.functionId, run.id, mostRelated],
    ),
    database.read<RelatedRun & Record<string, unknown>>(
      `select ${columns} from engine.runs r join engine.functions f on f.id = r.function_id
       where r.event_id = $1 order by r.id limit $2`,
      [run.id, mostRelated],
    ),
  ]);
  return { siblings, followers };
}

/** The newest run that an event has started; null if there is none yet. */
export async function findStartedRun(database: Database, eventId: string): Promise<string | null> {
  const [run] = await database.read<{ id: string }>(
    'select id from engine.runs where event_id = $1 or event_ids @> array[$1] order by id desc limit 1',
    [eventId],
  );
  return run?.id ?? null;
}

/** Runs that were newest when the event came. Which event a step went on with stands in no index. */
const mostLookedThrough = 1_000;

/** Runs whose steps waited for an event and went on with it, as far as they are among the newest ones before it. */
export async function findResumedRuns(
  database: Database,
  event: { readonly id: string; readonly externalId: string | null; readonly receivedAtMs: number },
): Promise<readonly RelatedRun[]> {
  return await database.read<RelatedRun & Record<string, unknown>>(
    `select distinct ${columns}
     from (select id, function_id, ended_at_ms from engine.runs where id < $1 order by id desc limit $2) as r
     join engine.functions f on f.id = r.function_id
     join engine.steps s on s.run_id = r.id
     where (r.ended_at_ms is null or r.ended_at_ms >= $3)
       and s.op = 'WaitForEvent' and s.status = 'completed' and s.ended_at_ms >= $3
       and s.memo->>'id' = $4
     order by r.id desc limit $5`,
    [event.id, mostLookedThrough, event.receivedAtMs, event.externalId ?? event.id, mostRelated],
  );
}
