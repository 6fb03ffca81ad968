import type { Database } from './database.ts';

/** A job as the scheduler sees it. */
export interface DueJob {
  readonly runId: string;
  readonly functionId: string;
  /** Null for a discovery job. */
  readonly stepId: string | null;
  readonly dueAtMs: number;
  readonly concurrency: readonly string[];
  /** What the run takes up in memory, roughly. */
  readonly bytes: number;
}

interface DueRecord {
  run_id: string;
  function_id: string;
  step_id: string | null;
  due_at_ms: number;
  concurrency_1: string | null;
  concurrency_2: string | null;
  bytes: number;
}

// Both halves are ordered by due_at_ms from an index and cut before they are joined.
const selectDue = (condition: string) => `
  (select id as run_id, function_id, null as step_id, due_at_ms, concurrency_1, concurrency_2, event_bytes + state_bytes as bytes
   from engine.runs as j
   where due_at_ms is not null and not id = any($1::text[]) and ${condition}
   order by due_at_ms, id limit $2)
  union all
  (select run_id, (select r.function_id from engine.runs r where r.id = j.run_id) as function_id, id as step_id, due_at_ms, concurrency_1, concurrency_2, 0 as bytes
   from engine.steps as j
   where due_at_ms is not null and not run_id || '/' || id = any($1::text[]) and ${condition}
   order by due_at_ms, run_id limit $2)
  order by due_at_ms, run_id limit $2`;

const selectDueBefore = selectDue(`due_at_ms <= $3
  and (concurrency_1 is null or not concurrency_1 = any($4::text[]))
  and (concurrency_2 is null or not concurrency_2 = any($4::text[]))`);

const selectDueOf = (column: string) => selectDue(`due_at_ms <= $3 and ${column} = $4`);
const selectDueOfFirst = selectDueOf('concurrency_1');
const selectDueOfSecond = selectDueOf('concurrency_2');

/** Jobs due until `untilMs`, earliest first, without those the scheduler holds and those whose counters are full. */
export async function findDueJobs(
  database: Database,
  query: { held: readonly string[]; limit: number; untilMs: number; fullKeys: readonly string[] },
): Promise<readonly DueJob[]> {
  const { held, limit, untilMs, fullKeys } = query;
  const records = await database.readPatiently<DueRecord>(selectDueBefore, [held, limit, untilMs, fullKeys]);
  return records.map(toDueJob);
}

/** The next jobs that wait for a place of one counter. */
export async function findJobsWaitingFor(
  database: Database,
  query: { held: readonly string[]; limit: number; untilMs: number; key: string },
): Promise<readonly DueJob[]> {
  const values = [query.held, query.limit, query.untilMs, query.key];
  const [first, second] = await Promise.all([
    database.readPatiently<DueRecord>(selectDueOfFirst, values),
    database.readPatiently<DueRecord>(selectDueOfSecond, values),
  ]);
  return [...first, ...second].map(toDueJob).sort((a, b) => a.dueAtMs - b.dueAtMs);
}

function toDueJob(record: DueRecord): DueJob {
  return {
    runId: record.run_id,
    functionId: record.function_id,
    stepId: record.step_id,
    dueAtMs: record.due_at_ms,
    concurrency: [record.concurrency_1, record.concurrency_2].filter((key) => key !== null),
    bytes: record.bytes,
  };
}
