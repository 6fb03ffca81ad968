import { internalEvent } from '../../protocol/names.ts';
import type { Database } from '../../store/database.ts';
import { type Excerpt, excerptColumns, longestJson, toExcerpt } from './excerpt.ts';

export interface EventDetail {
  readonly id: string;
  readonly externalId: string | null;
  readonly name: string;
  readonly receivedAtMs: number;
  /** The run that the event tells of, as the engine's own do when a run has ended. */
  readonly aboutRunId: string | null;
  readonly payload: Excerpt | null;
}

export async function findEventDetail(database: Database, eventId: string): Promise<EventDetail | undefined> {
  const [row] = await database.read<{
    id: string;
    external_id: string | null;
    name: string;
    received_at_ms: number;
    about_run_id: string | null;
    payload: string;
    payload_bytes: number;
  }>(
    `select id, external_id, name, received_at_ms,
       case when name = any($2) then payload->'data'->>'run_id' end as about_run_id, ${excerptColumns('payload', longestJson)}
     from engine.events where id = $1`,
    [eventId, [internalEvent.finished, internalEvent.failed, internalEvent.cancelled]],
  );
  return (
    row && {
      id: row.id,
      externalId: row.external_id,
      name: row.name,
      receivedAtMs: row.received_at_ms,
      aboutRunId: row.about_run_id,
      payload: toExcerpt(row.payload, row.payload_bytes, longestJson),
    }
  );
}
