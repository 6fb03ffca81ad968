import { idTimeMs } from '../protocol/ids.ts';
import type { Database } from './database.ts';

/**
 * The newest time in what earlier lives of the engine left, in ms since 1970; 0 if they left nothing. Ids of runs do not count:
 * those of durable endpoints come from apps.
 */
export async function findNewestIdTime(database: Database): Promise<number> {
  const [row] = await database.readPatiently<{ event_ms: number | null; id: string | null }>(
    `select (select max(received_at_ms) from engine.events) as event_ms,
       greatest((select max(set_id) from engine.waits), (select max(before_id) from engine.effects)) as id`,
    [],
  );
  const { event_ms: eventMs = null, id = null } = row ?? {};
  return Math.max(eventMs ?? 0, id === null ? 0 : idTimeMs(id));
}
