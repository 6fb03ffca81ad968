-- What an event still has to do after it was stored, in the order of before_id; deleted when done.
create table engine.effects (
  event_id text collate "C" not null,
  kind text not null,
  -- The function concerned, or nothing.
  target text not null,
  -- Runs and waits with a smaller id existed when the event was received.
  before_id text collate "C" not null,
  primary key (event_id, kind, target)
);

create index effects_order on engine.effects (before_id);

insert into engine.effects (event_id, kind, target, before_id)
select event_id, 'cancel', function_id::text, before_run_id from engine.cancellations;

drop table engine.cancellations;

-- When the function was called for the first time; written with the next change of the run.
alter table engine.runs add column started_at_ms bigint;
