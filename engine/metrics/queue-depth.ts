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
export const maxCounted = 10_000;
const cachedMs = 2_000;

const unknownDepth: QueueDepth = { ready: 0, scheduled: 0, inFlight: 0, oldestAgeMs: 0 };

/** Knows how much is queued, by counting a bounded part of the indexes of due jobs, every two seconds at most. */
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
    const [row] = await this.#database.read<{ due: number; scheduled: number; oldest: number | null }>(
      depthQuery,
      [nowMs, maxCounted, inFlight],
    );
    return {
      ready: Math.max(0, (row?.due ?? 0) - inFlight.length),
      scheduled: row?.scheduled ?? 0,
      inFlight: inFlight.length,
      oldestAgeMs: Math.max(0, nowMs - (row?.oldest ?? nowMs)),
    };
  }
}

/** The indexes of due jobs: each is read function by function, from the earliest job on. */
const queues = [
  { from: 'engine.runs', where: 'due_at_ms is not null and attempt = 0', key: 'id' },
  { from: 'engine.runs', where: 'due_at_ms is not null and attempt > 0', key: 'id' },
  { from: 'engine.steps', where: 'due_at_ms is not null', key: `run_id || '/' || id` },
] as const;

const partsOf = (columns: string, condition: string, limit: string) =>
  queues
    .map(
      ({ from, where, key }) =>
        `(select ${columns} from ${from} j where j.function_id = f.id and ${where} and ${condition.replace('$key', key)} ${limit})`,
    )
    .join(' union all ');

const count = (condition: string) =>
  `select count(*)::integer from (
     select from engine.functions f cross join lateral (${partsOf('', condition, 'limit $2')}) as part limit $2
   ) as counted`;

const oldest = partsOf(
  'due_at_ms',
  'due_at_ms <= $1 and not $key = any($3::text[])',
  'order by due_at_ms limit 1',
);

const depthQuery = `select (${count('due_at_ms <= $1')}) as due, (${count('due_at_ms > $1')}) as scheduled,
  (select min(due_at_ms) from engine.functions f cross join lateral (${oldest}) as first) as oldest`;
