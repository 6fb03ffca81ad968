import { newRunColumns } from './new-run-columns.ts';
import type { Section } from './statement.ts';

const columns = Object.keys(newRunColumns).join(', ');

// All rows carry absolute values, and a run keeps its id: a batch that is repeated changes nothing.

const admittedRuns: Section = {
  name: 'admittedRuns',
  types: [...Object.values(newRunColumns), 'text', 'bigint', 'text', 'text'],
  sql: (input) => `
    admitted_runs as (
      insert into engine.runs (${columns}, status, ended_at_ms, event_ids, singleton_key)
      select ${columns}, status, ended_at_ms, string_to_array(event_ids, ','), singleton_key
      from ${input} as i (${columns}, status, ended_at_ms, event_ids, singleton_key)
      on conflict do nothing
      returning id
    )`,
};

const takenIds: Section = {
  name: 'takenIds',
  types: ['uuid', 'text', 'bigint'],
  sql: (input) => `
    taken_ids as (
      insert into engine.idempotency (function_id, key, expires_at_ms)
      select * from ${input} as i
      on conflict (function_id, key) do update set run_id = null, expires_at_ms = excluded.expires_at_ms
    )`,
};

const rateLimits: Section = {
  name: 'rateLimits',
  types: ['uuid', 'text', 'double precision'],
  sql: (input) => `
    changed_rate_limits as (
      insert into engine.rate_limits (function_id, key, empty_at_ms)
      select * from ${input} as i
      on conflict (function_id, key) do update set empty_at_ms = excluded.empty_at_ms
    )`,
};

const collections: Section = {
  name: 'collections',
  types: ['uuid', 'text', 'text', 'integer', 'bigint', 'bigint', 'bigint'],
  sql: (input) => `
    changed_collections as (
      insert into engine.collections (function_id, key, event_ids, bytes, newest_ts_ms, first_at_ms, due_at_ms)
      select function_id, key, string_to_array(event_ids, ','), bytes, newest_ts_ms, first_at_ms, due_at_ms
      from ${input} as i (function_id, key, event_ids, bytes, newest_ts_ms, first_at_ms, due_at_ms)
      on conflict (function_id, key) do update set event_ids = excluded.event_ids, bytes = excluded.bytes,
        newest_ts_ms = excluded.newest_ts_ms, first_at_ms = excluded.first_at_ms, due_at_ms = excluded.due_at_ms
    )`,
};

const doneCollections: Section = {
  name: 'doneCollections',
  types: ['uuid', 'text'],
  sql: (input) => `
    done_collections as (
      delete from engine.collections as c using ${input} as i (function_id, key)
      where c.function_id = i.function_id and c.key = i.key
    )`,
};

export const admissionSections: readonly Section[] = [
  admittedRuns,
  takenIds,
  rateLimits,
  collections,
  doneCollections,
];
