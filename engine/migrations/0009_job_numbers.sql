-- Which discovery job of its run is the newest, counted from 0, as far as the row knows: the greatest number of a run's row
-- and its steps' rows is right. Ids of jobs are made of it, so that they stay the same when a run is read again.
alter table engine.runs add column job_number integer not null default 0;
alter table engine.steps add column job_number integer not null default 0;
