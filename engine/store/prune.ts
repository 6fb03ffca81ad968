import type { Logger } from 'pino';
import type { Database } from './database.ts';

const intervalMs = 10 * 60_000;
const rowsAtOnce = 2_000;

/** Deletes old history, a little at a time so that it is never noticed: ended runs, their steps, events nobody refers to. */
export class Pruner {
  readonly #database: Database;
  readonly #historyMs: number;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: { database: Database; historyMs: number; logger: Logger }) {
    this.#database = options.database;
    this.#historyMs = options.historyMs;
    this.#logger = options.logger;
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

  /** Deletes what ended before `nowMs` minus the time that history is kept. */
  async prune(nowMs: number): Promise<void> {
    const beforeMs = nowMs - this.#historyMs;
    await this.#repeat(
      `with old as (
         select id from engine.runs where ended_at_ms < $1 order by ended_at_ms limit $2
       ), old_steps as (
         delete from engine.steps where run_id in (select id from old)
       )
       delete from engine.runs where id in (select id from old) returning id`,
      beforeMs,
    );
    await this.#repeat(
      `delete from engine.events where id in (
         select e.id from engine.events e
         where e.received_at_ms < $1 and not exists (select from engine.runs r where r.event_id = e.id)
           and not exists (select from engine.runs r where r.event_ids @> array[e.id])
           and not exists (select from engine.collections c where c.event_ids @> array[e.id])
           and not exists (select from engine.effects f where f.event_id = e.id)
         order by e.received_at_ms limit $2
       ) returning id`,
      beforeMs,
    );
    await this.#repeat(
      `delete from engine.idempotency where (function_id, key) in (
         select function_id, key from engine.idempotency where expires_at_ms < $1 order by expires_at_ms limit $2
       ) returning key`,
      nowMs,
    );
    await this.#repeat(
      `delete from engine.rate_limits where (function_id, key) in (
         select function_id, key from engine.rate_limits where empty_at_ms < $1 order by empty_at_ms limit $2
       ) returning key`,
      nowMs,
    );
  }

  async #repeat(statement: string, beforeMs: number): Promise<void> {
    for (;;) {
      if (this.#isStopped) return;
      const rows = await this.#database.read(statement, [beforeMs, rowsAtOnce]);
      if (rows.length < rowsAtOnce) return;
    }
  }
}
