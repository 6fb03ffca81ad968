alter table engine.runs
  -- The events of a batch, the first included; null for a run of one event.
  add column event_ids text[] collate "C",
  -- Runs of a singleton function share this while one of them is active.
  add column singleton_key text,
  -- When the run is cancelled because it has not started, or not ended, by then.
  add column deadline_at_ms bigint;

create index runs_batch on engine.runs using gin (event_ids) where event_ids is not null;
-- Not unique: the end of a run and the start of the next one may be written by one statement.
create index runs_singleton on engine.runs (function_id, singleton_key) where status = 'running' and singleton_key is not null;
create index runs_deadline on engine.runs (deadline_at_ms) where deadline_at_ms is not null;

-- Rate limits: when the bucket of a key will be empty (the theoretical arrival time of GCRA).
create table engine.rate_limits (
  function_id uuid not null,
  key text not null,
  empty_at_ms bigint not null,
  primary key (function_id, key)
);

create index rate_limits_expiry on engine.rate_limits (empty_at_ms);

-- Events from which a run will be created: the last one of a debounce, all of a batch.
create table engine.collections (
  function_id uuid not null,
  key text not null,
  event_ids text[] collate "C" not null,
  bytes integer not null,
  -- The time that the newest event of a debounce gives for itself.
  newest_ts_ms bigint not null,
  first_at_ms bigint not null,
  due_at_ms bigint not null,
  primary key (function_id, key)
);

create index collections_due on engine.collections (due_at_ms);
create index collections_events on engine.collections using gin (event_ids);

-- The key of an event that waits in a collection has no run yet.
alter table engine.idempotency alter column run_id drop not null;

create index effects_admit on engine.effects (target, before_id) where kind = 'admit';
