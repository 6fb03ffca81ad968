import type { Database } from './database.ts';
import { type EventFacts, type RunFacts, selectRuns } from './inspect.ts';

export interface EventQuery {
  readonly limit: number;
  readonly name: string | null;
  /** The internal id of the last event of the page before. */
  readonly cursor: string | null;
  readonly receivedAfterMs: number | null;
  readonly receivedBeforeMs: number | null;
  /** Whether events of the engine's own are listed too. */
  readonly withInternal: boolean;
}

/** Events, newest first. */
export async function listEvents(database: Database, query: EventQuery): Promise<readonly EventFacts[]> {
  return await database.read<EventFacts & Record<string, unknown>>(
    `select id, name, received_at_ms, payload from engine.events
     where ($2::text is null or name collate "C" = $2)
       and ($3::text is null or (received_at_ms, id) < (select c.received_at_ms, c.id from engine.events c where c.id = $3))
       and ($4::bigint is null or received_at_ms >= $4)
       and ($5::bigint is null or received_at_ms <= $5)
       and ($6 or name not like 'inngest/%')
     order by received_at_ms desc, id desc limit $1`,
    [
      query.limit,
      query.name,
      query.cursor,
      query.receivedAfterMs,
      query.receivedBeforeMs,
      query.withInternal,
    ],
  );
}

/** The runs that any of the events started, also as one of a batch, in the order in which they came into being. */
export async function findRunsOfEvents(
  database: Database,
  eventIds: readonly string[],
): Promise<readonly RunFacts[]> {
  return await database.read<RunFacts & Record<string, unknown>>(
    `${selectRuns} where r.event_id = any($1::text[]) or r.event_ids && $1::text[] order by r.id`,
    [eventIds],
  );
}
