import { jobKey } from '../runs/run.ts';
import type { Database } from '../store/database.ts';
import type { DueJob } from '../store/due.ts';

/** What is queued, at one moment. */
export interface QueueDepth {
  /** Due, and not yet begun; those that wait for a limit of their function among them. At most `maxCounted`. */
  readonly ready: number;
  /** Due later: sleeps, retries and events with a time to come. At most `maxCounted`. */
  readonly scheduled: number;
  readonly inFlight: number;
  /** How long the job has been due that has waited longest. 0 if none waits. */
  readonly oldestAgeMs: number;
}

/** Nobody acts differently on ten thousand jobs and on a hundred thousand, and counting those would cost. */
const maxCounted = 10_000;
const cachedMs = 2_000;

const unknownDepth: QueueDepth = { ready: 0, scheduled: 0, inFlight: 0, oldestAgeMs: 0 };

/** Knows how much is queued, by counting a bounded part of the indexes of due jobs, at most every two seconds. */
export class QueueMeter {
  readonly #database: Database;
  readonly #inFlight = new Set<string>();
  #last: { readonly depth: Promise<QueueDepth>; readonly atMs: number } | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  began(job: DueJob): void {
    this.#inFlight.add(jobKey(job.runId, job.stepId));
  }

  ended(job: DueJob): void {
    this.#inFlight.delete(jobKey(job.runId, job.stepId));
  }

  /** While the database is away nothing but what is in flight is known. */
  depth(): Promise<QueueDepth> {
    const nowMs = Date.now();
    if (this.#last === null || nowMs - this.#last.atMs > cachedMs) {
      const depth = this.#read(nowMs).catch(() => ({ ...unknownDepth, inFlight: this.#inFlight.size }));
      this.#last = { depth, atMs: nowMs };
    }
    return this.#last.depth;
  }

  async #read(nowMs: number): Promise<QueueDepth> {
    const inFlight = [...this.#inFlight];
    const [row] = await this.#database.read<{ due: number; scheduled: number }>(
      `select
         (select count(*)::integer from (${dueJobs('due_at_ms <= $1')} limit $2) as due) as due,
         (select count(*)::integer from (${dueJobs('due_at_ms > $1')} limit $2) as later) as scheduled`,
      [nowMs, maxCounted],
    );
    const oldest = await this.#database.read<{ due_at_ms: number }>(
      `select j.due_at_ms from engine.functions as f cross join lateral (
         (select due_at_ms from engine.runs where function_id = f.id and due_at_ms is not null and due_at_ms <= $1
            and attempt = 0 and not id = any($2::text[]) order by due_at_ms limit 1)
         union all
         (select due_at_ms from engine.runs where function_id = f.id and due_at_ms is not null and due_at_ms <= $1
            and attempt > 0 and not id = any($2::text[]) order by due_at_ms limit 1)
         union all
         (select due_at_ms from engine.steps where function_id = f.id and due_at_ms is not null and due_at_ms <= $1
            and not run_id || '/' || id = any($2::text[]) order by due_at_ms limit 1)
       ) as j order by due_at_ms limit 1`,
      [nowMs, inFlight],
    );
    return {
      ready: Math.max(0, (row?.due ?? 0) - inFlight.length),
      scheduled: row?.scheduled ?? 0,
      inFlight: inFlight.length,
      oldestAgeMs: Math.max(0, ...oldest.map(({ due_at_ms: dueAtMs }) => nowMs - dueAtMs)),
    };
  }
}

const dueJobs = (condition: string) =>
  `select from engine.runs where ${condition} union all select from engine.steps where ${condition}`;
