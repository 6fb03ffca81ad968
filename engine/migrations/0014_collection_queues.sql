-- Collections that are due are read function by function.
create index collections_due_of_function on engine.collections (function_id, due_at_ms);
drop index engine.collections_due;
