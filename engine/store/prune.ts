import type { Logger } from 'pino';
import type { Database } from './database.ts';

const intervalMs = 10 * 60_000;
const rowsAtOnce = 2_000;
/** A run takes up to 10,000 steps with it. */
const runsAtOnce = 200;

const deleteRuns = `
  with old as (
    select id from engine.runs where ended_at_ms < $1 order by ended_at_ms limit $2
  ), old_steps as (
    delete from engine.steps where run_id in (select id from old)
  ), old_metadata as (
    delete from engine.metadata where run_id in (select id from old)
  )
  delete from engine.runs where id in (select id from old) returning id`;

/** Looks at the next events after one, and deletes those that nobody refers to. */
const deleteEvents = `
  with portion as materialized (
    select id, received_at_ms from engine.events
    where received_at_ms < $1 and received_at_ms >= $3 and (received_at_ms, id) > ($3, $4)
    order by received_at_ms, id limit $2
  ), deleted as (
    delete from engine.events where id in (
      select p.id from portion p
      where not exists (select from engine.runs r where r.event_id = p.id)
        and not exists (select from engine.runs r where r.event_ids @> array[p.id])
        and not exists (select from engine.collections c where c.event_ids @> array[p.id])
        and not exists (select from engine.effects f where f.event_id = p.id)
    ) returning id
  )
  select received_at_ms, id, (select count(*) from portion) as seen, (select count(*) from deleted) as deleted
  from portion order by received_at_ms desc, id desc limit 1`;

/**
 * What flow control remembers for a time. The conditions stand outside once more: a row that is renewed while its deletion
 * waits for it is looked at again there.
 */
const deleteMemory = {
  idempotency: `
    delete from engine.idempotency where (function_id, key) in (
      select function_id, key from engine.idempotency where expires_at_ms < $1 order by expires_at_ms limit $2
    ) and expires_at_ms < $1 returning key`,
  rate_limits: `
    delete from engine.rate_limits where (function_id, key) in (
      select function_id, key from engine.rate_limits where empty_at_ms < $1 order by empty_at_ms limit $2
    ) and empty_at_ms < $1 returning key`,
  throttles: `
    delete from engine.throttles where key in (
      select key from engine.throttles where drained_at_ms < $1 order by drained_at_ms limit $2
    ) and drained_at_ms < $1 returning key`,
};

const deleteBulkCancellations = `
  delete from engine.bulk_cancellations where id in (
    select id from engine.bulk_cancellations where done_at_ms < $1 order by id limit $2
  ) returning id`;

/** What is kept of what is over. */
export interface HistoryLimits {
  /** For so long after its end, in ms. */
  readonly historyMs: number;
  /** So many ended runs, and so many events, the newest ones. Events of runs that are kept are not counted against it. */
  readonly historyCount: number;
}

interface Portion {
  readonly deleted: number;
  /** Whether nothing is left after it. */
  readonly isLast: boolean;
}

/** Deletes old history, a little at a time so that it is never noticed: ended runs, their steps, events nobody refers to. */
export class Pruner {
  readonly #database: Database;
  readonly #limits: HistoryLimits;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | null = null;
  #isPruning = false;
  #isStopped = false;

  constructor(parts: { database: Database; limits: HistoryLimits; logger: Logger }) {
    this.#database = parts.database;
    this.#limits = parts.limits;
    this.#logger = parts.logger;
  }

  start(): void {
    this.#timer = setInterval(() => void this.prune(Date.now()), intervalMs);
    void this.prune(Date.now());
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /**
   * Deletes what ended before `nowMs` minus the time that history is kept, and what is too much. What cannot be deleted is
   * logged and does not keep the rest. Does nothing while an earlier call is under way.
   */
  async prune(nowMs: number): Promise<void> {
    if (this.#isPruning) return;
    this.#isPruning = true;
    const oldMs = nowMs - this.#limits.historyMs;
    const runs = await this.#pruneRuns(oldMs);
    const events = await this.#pruneEvents(oldMs);
    if (runs + events > 0) this.#logger.info({ runs, events }, 'Deleted old history');
    for (const [table, statement] of Object.entries(deleteMemory))
      await this.#repeat(table, () => this.#delete(statement, nowMs, rowsAtOnce));
    await this.#repeat('bulk_cancellations', () => this.#delete(deleteBulkCancellations, oldMs, rowsAtOnce));
    this.#isPruning = false;
  }

  async #pruneRuns(oldMs: number): Promise<number> {
    let beforeMs: number | null = null;
    return await this.#repeat('runs', async () => {
      beforeMs ??= Math.max(oldMs, await this.#findExcess('runs', 'ended_at_ms'));
      return await this.#delete(deleteRuns, beforeMs, runsAtOnce);
    });
  }

  /** Each event is looked at once: those that are kept may be many, and stand before the others. */
  async #pruneEvents(oldMs: number): Promise<number> {
    let beforeMs: number | null = null;
    let last = { received_at_ms: 0, id: '' };
    return await this.#repeat('events', async () => {
      beforeMs ??= Math.max(oldMs, await this.#findExcess('events', 'received_at_ms'));
      const [portion] = await this.#database.read<typeof last & { seen: number; deleted: number }>(
        deleteEvents,
        [beforeMs, rowsAtOnce, last.received_at_ms, last.id],
      );
      if (portion === undefined) return { deleted: 0, isLast: true };
      last = portion;
      return { deleted: portion.deleted, isLast: portion.seen < rowsAtOnce };
    });
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

  async #delete(statement: string, beforeMs: number, maxRows: number): Promise<Portion> {
    const rows = await this.#database.read(statement, [beforeMs, maxRows]);
    return { deleted: rows.length, isLast: rows.length < maxRows };
  }

  /** Returns how many rows were deleted until nothing was left to delete, or until an error, which is logged. */
  async #repeat(table: string, deletePortion: () => Promise<Portion>): Promise<number> {
    let deleted = 0;
    try {
      while (!this.#isStopped) {
        const portion = await deletePortion();
        deleted += portion.deleted;
        if (portion.isLast) break;
      }
    } catch (error) {
      if (!this.#isStopped)
        this.#logger.warn({ err: error, table }, 'Cannot delete old history: trying again later');
    }
    return deleted;
  }
}
