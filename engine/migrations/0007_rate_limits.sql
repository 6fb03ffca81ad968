-- Buckets drain in fractions of a millisecond.
alter table engine.rate_limits alter column empty_at_ms type double precision;
