-- What apps say about runs and steps besides their results. Updates are kept as they came and combined when they are read.
create table engine.metadata (
  run_id text collate "C" not null,
  id text collate "C" not null,
  -- Null for what is said about the run.
  step_id text,
  attempt integer,
  scope text not null,
  kind text not null,
  op text not null,
  "values" json not null,
  primary key (run_id, id)
);
