import type { Collection } from '../flow-control/collection.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import { internalEvent } from '../protocol/names.ts';
import type { Database } from './database.ts';

/** Reads of what flow control keeps. All keys are those of one function. */

export async function findTakenIds(
  database: Database,
  functionId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.readPatiently<{ key: string; expires_at_ms: number }>(
    'select key, expires_at_ms from engine.idempotency where function_id = $1 and key = any($2::text[])',
    [functionId, keys],
  );
  return new Map(rows.map((row) => [row.key, row.expires_at_ms]));
}

export async function findRateLimits(
  database: Database,
  functionId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.readPatiently<{ key: string; empty_at_ms: number }>(
    'select key, empty_at_ms from engine.rate_limits where function_id = $1 and key = any($2::text[])',
    [functionId, keys],
  );
  return new Map(rows.map((row) => [row.key, row.empty_at_ms]));
}

interface CollectionRecord {
  key: string;
  event_ids: readonly string[];
  bytes: number;
  newest_ts_ms: number;
  first_at_ms: number;
  due_at_ms: number;
}

export async function findCollections(
  database: Database,
  functionId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Collection>> {
  const rows = await database.readPatiently<CollectionRecord & Record<string, unknown>>(
    `select key, event_ids, bytes, newest_ts_ms, first_at_ms, due_at_ms
     from engine.collections where function_id = $1 and key = any($2::text[])`,
    [functionId, keys],
  );
  return new Map(
    rows.map((row) => [
      row.key,
      {
        eventIds: row.event_ids,
        bytes: row.bytes,
        newestTsMs: row.newest_ts_ms,
        firstAtMs: row.first_at_ms,
        dueAtMs: row.due_at_ms,
      },
    ]),
  );
}

export async function findActiveSingletons(
  database: Database,
  functionId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await database.readPatiently<{ key: string; ids: readonly string[] }>(
    `select singleton_key as key, array_agg(id) as ids from engine.runs
     where function_id = $1 and singleton_key = any($2::text[]) and status = 'running' group by singleton_key`,
    [functionId, keys],
  );
  return new Map(rows.map((row) => [row.key, row.ids]));
}

export interface DueCollection {
  readonly key: string;
  readonly dueAtMs: number;
}

/** The collections of the function that are due first, whenever that is. */
export async function findNextCollections(
  database: Database,
  functionId: string,
  limit: number,
): Promise<readonly DueCollection[]> {
  return await database.readPatiently<DueCollection & Record<string, unknown>>(
    `select key, due_at_ms as "dueAtMs" from engine.collections
     where function_id = $1 order by due_at_ms limit $2`,
    [functionId, limit],
  );
}

/** The ids of the functions that have collections. */
export async function findCollectingFunctions(database: Database): Promise<readonly string[]> {
  const rows = await database.readPatiently<{ function_id: string }>(
    'select distinct function_id from engine.collections',
    [],
  );
  return rows.map((row) => row.function_id);
}

/** The id of the first event that has not been admitted to the function yet, as its effect has it; null if all have been. */
export async function findFirstAdmission(database: Database, functionId: string): Promise<string | null> {
  const [row] = await database.readPatiently<{ before_id: string }>(
    `select before_id from engine.effects where kind = 'admit' and target = $1 order by before_id limit 1`,
    [functionId],
  );
  return row?.before_id ?? null;
}

export interface WaitingEvent {
  readonly id: string;
  readonly externalId: string | null;
  readonly receivedAtMs: number;
  readonly payload: JsonText;
}

/**
 * Reads events that have not been admitted to the function, in the order of their ids in the list: as many of the first as are
 * no larger than this, and one at least.
 */
export async function findFirstEvents(
  database: Database,
  functionId: string,
  eventIds: readonly string[],
  maxBytes: number,
): Promise<readonly WaitingEvent[]> {
  return await database.readPatiently<WaitingEvent & Record<string, unknown>>(
    `with sizes as (
       select e.id, place, sum(octet_length(e.payload::text)) over (order by place) as total
       from unnest($1::text[]) with ordinality as wanted (id, place) join engine.events e on e.id = wanted.id
       join engine.effects f on f.event_id = e.id and f.kind = 'admit' and f.target = $3
     )
     select e.id, e.external_id as "externalId", e.received_at_ms as "receivedAtMs", e.payload
     from sizes join engine.events e on e.id = sizes.id
     where sizes.total <= $2 or place = (select min(place) from sizes)
     order by place`,
    [eventIds, maxBytes, functionId],
  );
}

export async function findPayloads(
  database: Database,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, JsonText>> {
  return await findPayloadsWhere(database, eventIds, 'true');
}

/** Those of the events whose senders wait for the run that they start. */
export async function findInvocations(
  database: Database,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, JsonText>> {
  return await findPayloadsWhere(database, eventIds, `name = '${internalEvent.invoked}'`);
}

async function findPayloadsWhere(
  database: Database,
  eventIds: readonly string[],
  condition: string,
): Promise<ReadonlyMap<string, JsonText>> {
  if (eventIds.length === 0) return new Map();
  const rows = await database.readPatiently<{ id: string; payload: JsonText }>(
    `select id, payload from engine.events where id = any($1::text[]) and ${condition}`,
    [eventIds],
  );
  return new Map(rows.map((row) => [row.id, row.payload]));
}

export interface RunDeadline {
  readonly runId: string;
  readonly dueAtMs: number;
}

/** The runs that have to start, or to end, first. */
export async function findNextDeadlines(database: Database, limit: number): Promise<readonly RunDeadline[]> {
  return await database.readPatiently<RunDeadline & Record<string, unknown>>(
    `select id as "runId", deadline_at_ms as "dueAtMs" from engine.runs
     where deadline_at_ms is not null order by deadline_at_ms limit $1`,
    [limit],
  );
}
