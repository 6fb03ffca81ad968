-- Lists for people: newest first, by function and status. Where the function or the status is any, the lists of all of them
-- are merged, so one index answers every combination. It also finds the active runs of a function.
create index runs_function_status on engine.runs (function_id, status, id);
drop index engine.runs_active;
create index runs_failed on engine.runs (ended_at_ms) where status = 'failed';

-- Names are compared as bytes, so that those with the same beginning stand together.
create index events_name on engine.events (name collate "C", id);
create index events_external_id on engine.events (external_id) where external_id is not null;
