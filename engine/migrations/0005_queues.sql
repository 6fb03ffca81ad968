-- Whose job the step is; null when it has none.
alter table engine.steps add column function_id uuid;

update engine.steps as s set function_id = r.function_id from engine.runs as r where r.id = s.run_id and s.due_at_ms is not null;

-- The throttle that the start of the run has to pass; null when it has.
alter table engine.runs add column throttle_key text;

create index runs_throttle on engine.runs (throttle_key, due_at_ms) where due_at_ms is not null and throttle_key is not null;

-- When the bucket of a throttle will have drained.
create table engine.throttles (
  key text primary key,
  drained_at_ms double precision not null
);

create index throttles_expiry on engine.throttles (drained_at_ms);

-- Each function has its queues, so that all get their share: starts of runs, and what was begun.
create index runs_due_fresh on engine.runs (function_id, due_at_ms, id) where due_at_ms is not null and attempt = 0;
create index runs_due_retries on engine.runs (function_id, due_at_ms, id) where due_at_ms is not null and attempt > 0;
create index steps_due_of_function on engine.steps (function_id, due_at_ms, run_id) where due_at_ms is not null;
