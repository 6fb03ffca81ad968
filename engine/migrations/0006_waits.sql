-- What the engine needs to finish a step itself: the event or signal that the step waits for, or the request it makes.
create table engine.waits (
  run_id text collate "C" not null,
  step_id text collate "C" not null,
  -- event, signal, request
  kind text collate "C" not null,
  -- Of the event or signal; a long one is replaced by its hash.
  name text collate "C" not null,
  -- Events whose effects have a greater id were received after the wait was set.
  set_id text collate "C" not null,
  expression text,
  -- The parts of the triggering event that the expression names; null if they are large.
  event json,
  -- A value that a matching event has at a path (a JSON array), by its hash; empty if the expression demands none.
  path text collate "C" not null,
  value_hash text collate "C" not null,
  -- What is requested, with its secrets.
  request json,
  primary key (run_id, step_id)
);

create index waits_lookup on engine.waits (kind, name, path, value_hash, run_id, step_id);

alter table engine.steps
  -- What the step waits or waited for, for people.
  add column waits_for json,
  -- The arguments of the step, for people.
  add column input json;
