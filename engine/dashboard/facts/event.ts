import type { Database } from '../../store/database.ts';
import { type Excerpt, excerptColumns, longestJson, toExcerpt } from './excerpt.ts';

export interface EventDetail {
  readonly id: string;
  readonly externalId: string | null;
  readonly name: string;
  readonly receivedAtMs: number;
  readonly payload: Excerpt | null;
}

export async function findEventDetail(database: Database, eventId: string): Promise<EventDetail | undefined> {
  const [row] = await database.read<{
    id: string;
    external_id: string | null;
    name: string;
    received_at_ms: number;
    payload: string;
    payload_bytes: number;
  }>(
    `select id, external_id, name, received_at_ms, ${excerptColumns('payload', longestJson)}
     from engine.events where id = $1`,
    [eventId],
  );
  return (
    row && {
      id: row.id,
      externalId: row.external_id,
      name: row.name,
      receivedAtMs: row.received_at_ms,
      payload: toExcerpt(row.payload, row.payload_bytes, longestJson),
    }
  );
}
