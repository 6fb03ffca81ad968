-- Functions to be started when the run ends, by their ids in the run; null when there are none.
alter table engine.runs add column defers json;
