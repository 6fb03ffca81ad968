-- Times are milliseconds since 1970 UTC, as the protocol counts them. Ids are ULIDs, compared as bytes.
-- JSON columns are "json", not "jsonb": the text goes back to the app exactly as it was stored.

create table engine.boots (
  number integer generated always as identity primary key,
  started_at timestamptz not null default now()
);

create table engine.apps (
  id uuid primary key,
  name text not null unique,
  url text not null,
  sdk text not null,
  framework text not null,
  checksum text not null,
  synced_at timestamptz not null
);

create table engine.functions (
  id uuid primary key,
  app_id uuid not null references engine.apps,
  slug text not null,
  name text not null,
  version integer not null,
  config json not null,
  archived_at timestamptz,
  unique (app_id, slug)
);

create table engine.events (
  id text collate "C" primary key,
  external_id text,
  name text not null,
  received_at_ms bigint not null,
  -- The event as functions see it.
  payload json not null
);

create index events_received on engine.events (received_at_ms);

create table engine.runs (
  id text collate "C" primary key,
  function_id uuid not null,
  function_version integer not null,
  event_id text collate "C" not null,
  status text not null,
  -- The run's discovery job: when it is due, null while the run waits for its steps or has ended.
  due_at_ms bigint,
  attempt integer not null default 0,
  -- Dispatches of the job that were recorded, and the engine's boot that recorded them.
  generation integer not null default 0,
  boot integer not null,
  request_version integer not null default -1,
  planned boolean not null default false,
  -- The counters of which each call of this run takes one place.
  concurrency_1 text,
  concurrency_2 text,
  event_bytes integer not null,
  state_bytes integer not null default 0,
  output json,
  error json,
  ended_at_ms bigint
);

create index runs_due on engine.runs (due_at_ms, id) where due_at_ms is not null;
create index runs_concurrency_1 on engine.runs (concurrency_1, due_at_ms) where due_at_ms is not null and concurrency_1 is not null;
create index runs_concurrency_2 on engine.runs (concurrency_2, due_at_ms) where due_at_ms is not null and concurrency_2 is not null;
create index runs_event on engine.runs (event_id);
create index runs_active on engine.runs (function_id, id) where status = 'running';
create index runs_ended on engine.runs (ended_at_ms) where ended_at_ms is not null;

create table engine.steps (
  run_id text collate "C" not null,
  id text not null,
  name text not null,
  op text not null,
  status text not null,
  -- Place in the order of completion, null until then.
  place integer,
  -- What later calls are told about the step: its result, its error, or null.
  memo json,
  -- The last error of a step that is not finished, for people.
  error json,
  -- Whether its completion asks for a discovery call although other steps are pending.
  race boolean not null default false,
  attempts integer not null default 0,
  due_at_ms bigint,
  attempt integer not null default 0,
  generation integer not null default 0,
  boot integer not null,
  concurrency_1 text,
  concurrency_2 text,
  created_at_ms bigint not null,
  ended_at_ms bigint,
  primary key (run_id, id)
);

create index steps_due on engine.steps (due_at_ms, run_id) where due_at_ms is not null;
create index steps_concurrency_1 on engine.steps (concurrency_1, due_at_ms) where due_at_ms is not null and concurrency_1 is not null;
create index steps_concurrency_2 on engine.steps (concurrency_2, due_at_ms) where due_at_ms is not null and concurrency_2 is not null;

-- Event ids given by the sender: one run per function and id until the entry expires.
create table engine.idempotency (
  function_id uuid not null,
  key text not null,
  run_id text not null,
  expires_at_ms bigint not null,
  primary key (function_id, key)
);

create index idempotency_expiry on engine.idempotency (expires_at_ms);

-- Cancellations that were asked for by an event and not carried out yet.
create table engine.cancellations (
  event_id text collate "C" not null,
  function_id uuid not null,
  -- Runs with a smaller id existed when the event was received.
  before_run_id text collate "C" not null,
  primary key (event_id, function_id)
);
