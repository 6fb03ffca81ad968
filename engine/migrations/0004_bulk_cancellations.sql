-- Requests to cancel the runs of a function that were scheduled within a time. They stay as history when they are done.
create table engine.bulk_cancellations (
  id text collate "C" primary key,
  function_id uuid not null,
  created_at_ms bigint not null,
  -- Both bounds count; null for no bound.
  started_after_ms bigint,
  started_before_ms bigint not null,
  -- An expression over the run's event; null for all runs.
  expression text,
  done_at_ms bigint
);

create index bulk_cancellations_undone on engine.bulk_cancellations (id) where done_at_ms is null;
