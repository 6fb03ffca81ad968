import type { JsonText } from '../protocol/canonical-json.ts';
import type { Database } from '../store/database.ts';
import type { Effect } from '../store/rows.ts';

/** An event that does something to runs that were there before it. */
export interface Arrival {
  readonly eventId: string;
  readonly name: string;
  readonly payload: JsonText;
  readonly value: unknown;
  readonly receivedAtMs: number;
  /** Runs and waits with a smaller id existed when the event was received. */
  readonly beforeId: string;
}

/** Events that are in memory at a time: as many as are no larger than this together, and one at least. */
const chunkBytes = 16 * 1024 * 1024;

/** Cuts effects into groups whose events fit into memory. */
export async function chunkByEvents(
  database: Database,
  effects: readonly Effect[],
): Promise<readonly (readonly Effect[])[]> {
  const rows = await database.readPatiently<{ id: string; bytes: number }>(
    'select id, octet_length(payload::text) as bytes from engine.events where id = any($1::text[])',
    [effects.map((effect) => effect.eventId)],
  );
  const sizes = new Map(rows.map(({ id, bytes }) => [id, bytes]));
  const chunks: Effect[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const effect of effects) {
    bytes += sizes.get(effect.eventId) ?? 0;
    if (bytes > chunkBytes) {
      chunks.push([]);
      bytes = sizes.get(effect.eventId) ?? 0;
    }
    chunks.at(-1)?.push(effect);
  }
  return chunks;
}

/** The events of effects, in their order. Those that are gone are left out. */
export async function readArrivals(
  database: Database,
  effects: readonly Effect[],
): Promise<readonly Arrival[]> {
  const rows = await database.readPatiently<{
    id: string;
    name: string;
    payload: JsonText;
    received_at_ms: number;
  }>('select id, name, payload, received_at_ms from engine.events where id = any($1::text[])', [
    effects.map((effect) => effect.eventId),
  ]);
  const events = new Map(rows.map((row) => [row.id, row]));
  return effects.flatMap(({ eventId, beforeId }) => {
    const event = events.get(eventId);
    if (event === undefined) return [];
    const { name, payload, received_at_ms: receivedAtMs } = event;
    return [{ eventId, name, payload, value: JSON.parse(payload) as unknown, receivedAtMs, beforeId }];
  });
}
