import { type RunStatus, runStatuses } from '../../runs/run.ts';
import type { Database } from '../../store/database.ts';
import { longestError } from './excerpt.ts';

/** Counting stops here: whoever has more wants to know that it is many, and soon. */
export const mostCounted = 1_000;

export type RunCounts = Readonly<Record<RunStatus, number>>;

/** Runs by status of each function, by function id; `mostCounted` stands for that or more. */
export async function countRuns(
  database: Database,
  functionIds: readonly string[],
): Promise<ReadonlyMap<string, RunCounts>> {
  const rows = await database.read<{ function_id: string; status: RunStatus; runs: number }>(
    `select f.id as function_id, s.status,
       (select count(*) from (
          select from engine.runs r where r.function_id = f.id and r.status = s.status limit $3
        ) as counted)::integer as runs
     from unnest($1::uuid[]) as f (id) cross join unnest($2::text[]) as s (status)`,
    [functionIds, runStatuses, mostCounted],
  );
  const counts = new Map<string, Record<RunStatus, number>>();
  for (const { function_id: id, status, runs } of rows) {
    const known = counts.get(id) ?? noRuns();
    known[status] = runs;
    counts.set(id, known);
  }
  return counts;
}

export function noRuns(): Record<RunStatus, number> {
  return { running: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
}

const hourMs = 3_600_000;
export const mostFailuresCounted = 10_000;

/** Runs that failed within the last hour; `mostFailuresCounted` stands for that or more. */
export async function countNewFailures(database: Database, nowMs: number): Promise<number> {
  const [row] = await database.read<{ runs: number }>(
    `select count(*)::integer as runs from (
       select from engine.runs where status = 'failed' and ended_at_ms >= $1 limit $2
     ) as counted`,
    [nowMs - hourMs, mostFailuresCounted],
  );
  return row?.runs ?? 0;
}

export interface Failure {
  readonly id: string;
  readonly slug: string;
  readonly function_name: string;
  readonly ended_at_ms: number;
  /** JSON, or its beginning. */
  readonly error: string | null;
}

/** The newest failed runs, with the beginnings of their errors. */
export async function findNewestFailures(database: Database, limit: number): Promise<readonly Failure[]> {
  return await database.read<Failure & Record<string, unknown>>(
    `select r.id, f.slug, f.name as function_name, r.ended_at_ms, left(r.error::text, ${longestError}) as error
     from engine.runs r join engine.functions f on f.id = r.function_id
     where r.status = 'failed' order by r.ended_at_ms desc limit $1`,
    [limit],
  );
}
