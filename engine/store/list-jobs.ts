import type { Database } from './database.ts';

/** A job of a run that is queued or under way. */
export interface JobFacts {
  /** Null for the discovery job. */
  readonly step_id: string | null;
  readonly op: string | null;
  readonly due_at_ms: number;
  readonly attempt: number;
  /** How many runs of the function have a discovery job that is due earlier, counted up to 1,000. */
  readonly position: number;
}

/** The jobs of a run, earliest first. */
export async function listJobs(database: Database, runId: string): Promise<readonly JobFacts[]> {
  return await database.read<JobFacts & Record<string, unknown>>(
    `with jobs as (
       select r.function_id, null as step_id, null as op, r.due_at_ms, r.attempt from engine.runs r
       where r.id = $1 and r.due_at_ms is not null
       union all
       select r.function_id, s.id, s.op, s.due_at_ms, s.attempt
       from engine.steps s join engine.runs r on r.id = s.run_id
       where s.run_id = $1 and s.due_at_ms is not null
     )
     select step_id, op, due_at_ms, attempt,
       (select count(*)::integer from (
          select from engine.runs o
          where o.function_id = jobs.function_id and o.status = 'running' and o.due_at_ms < jobs.due_at_ms limit 1000
        ) as earlier) as position
     from jobs order by due_at_ms, step_id`,
    [runId],
  );
}
