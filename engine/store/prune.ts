import type { Logger } from 'pino';
import type { Database } from './database.ts';

const intervalMs = 10 * 60_000;
const rowsAtOnce = 2_000;

/** What is kept of what is over. */
export interface HistoryLimits {
  /** For so long after its end, in ms. */
  readonly historyMs: number;
  /** So many ended runs, and so many events, the newest ones. Events of runs that are kept are not counted against it. */
  readonly historyCount: number;
}

/** Deletes old history, a little at a time so that it is never noticed: ended runs, their steps, events nobody refers to. */
export class Pruner {
  readonly #database: Database;
  readonly #limits: HistoryLimits;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(parts: { database: Database; limits: HistoryLimits; logger: Logger }) {
    this.#database = parts.database;
    this.#limits = parts.limits;
    this.#logger = parts.logger;
  }

  start(): void {
    const prune = () => {
      this.prune(Date.now()).catch((error: unknown) => {
        if (!this.#isStopped)
          this.#logger.warn({ err: error }, 'Cannot delete old history: trying again later');
      });
    };
    this.#timer = setInterval(prune, intervalMs);
    prune();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Deletes what ended before `nowMs` minus the time that history is kept, and what is too much. */
  async prune(nowMs: number): Promise<void> {
    const oldMs = nowMs - this.#limits.historyMs;
    const runsBeforeMs = Math.max(oldMs, await this.#findExcess('runs', 'ended_at_ms'));
    const eventsBeforeMs = Math.max(oldMs, await this.#findExcess('events', 'received_at_ms'));
    const runs = await this.#repeat(
      `with old as (
         select id from engine.runs where ended_at_ms < $1 order by ended_at_ms limit $2
       ), old_steps as (
         delete from engine.steps where run_id in (select id from old)
       ), old_metadata as (
         delete from engine.metadata where run_id in (select id from old)
       )
       delete from engine.runs where id in (select id from old) returning id`,
      runsBeforeMs,
    );
    const events = await this.#repeat(
      `delete from engine.events where id in (
         select e.id from engine.events e
         where e.received_at_ms < $1 and not exists (select from engine.runs r where r.event_id = e.id)
           and not exists (select from engine.runs r where r.event_ids @> array[e.id])
           and not exists (select from engine.collections c where c.event_ids @> array[e.id])
           and not exists (select from engine.effects f where f.event_id = e.id)
         order by e.received_at_ms limit $2
       ) returning id`,
      eventsBeforeMs,
    );
    if (runs + events > 0) this.#logger.info({ runs, events }, 'Deleted old history');
    // The conditions stand outside once more: a row that is renewed while the deletion waits for it is looked at again there.
    await this.#repeat(
      `delete from engine.idempotency where (function_id, key) in (
         select function_id, key from engine.idempotency where expires_at_ms < $1 order by expires_at_ms limit $2
       ) and expires_at_ms < $1 returning key`,
      nowMs,
    );
    await this.#repeat(
      `delete from engine.rate_limits where (function_id, key) in (
         select function_id, key from engine.rate_limits where empty_at_ms < $1 order by empty_at_ms limit $2
       ) and empty_at_ms < $1 returning key`,
      nowMs,
    );
    await this.#repeat(
      `delete from engine.throttles where key in (
         select key from engine.throttles where drained_at_ms < $1 order by drained_at_ms limit $2
       ) and drained_at_ms < $1 returning key`,
      nowMs,
    );
    await this.#repeat(
      `delete from engine.bulk_cancellations where id in (
         select id from engine.bulk_cancellations where done_at_ms < $1 order by id limit $2
       ) returning id`,
      oldMs,
    );
  }

  /** The time before which something is not among the newest ones that are kept; 0 if all are. */
  async #findExcess(table: 'runs' | 'events', column: 'ended_at_ms' | 'received_at_ms'): Promise<number> {
    const [newestExcess] = await this.#database.read<{ at: number }>(
      `select ${column} as at from engine.${table} where ${column} is not null
       order by ${column} desc offset $1 limit 1`,
      [this.#limits.historyCount],
    );
    return newestExcess === undefined ? 0 : newestExcess.at + 1;
  }

  /** Returns how many rows were deleted. */
  async #repeat(statement: string, beforeMs: number): Promise<number> {
    let deleted = 0;
    while (!this.#isStopped) {
      const rows = await this.#database.read(statement, [beforeMs, rowsAtOnce]);
      deleted += rows.length;
      if (rows.length < rowsAtOnce) break;
    }
    return deleted;
  }
}
