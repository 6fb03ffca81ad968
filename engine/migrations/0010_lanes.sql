-- Due jobs are read function by function, and so are those that wait for a counter.
drop index engine.runs_due;
drop index engine.steps_due;
drop index engine.runs_concurrency_1;
drop index engine.runs_concurrency_2;
drop index engine.steps_concurrency_1;
drop index engine.steps_concurrency_2;

create index runs_concurrency_1 on engine.runs (concurrency_1, function_id, due_at_ms) where due_at_ms is not null and concurrency_1 is not null;
create index runs_concurrency_2 on engine.runs (concurrency_2, function_id, due_at_ms) where due_at_ms is not null and concurrency_2 is not null;
create index steps_concurrency_1 on engine.steps (concurrency_1, function_id, due_at_ms) where due_at_ms is not null and concurrency_1 is not null;
create index steps_concurrency_2 on engine.steps (concurrency_2, function_id, due_at_ms) where due_at_ms is not null and concurrency_2 is not null;
