import type { Executor } from '../executor/executor.ts';
import type { Admitter } from '../flow-control/admitter.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import type { Effect } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import { type Arrival, chunkByEvents, readArrivals } from './arrivals.ts';
import { cancelFirstRuns } from './cancel-runs.ts';
import { CancellingEvents } from './cancelling-events.ts';

/** Cancels runs by events. */
export class Canceller {
  readonly #database: Database;
  readonly #registry: Registry;
  readonly #executor: Executor;
  readonly #writer: Writer;
  readonly #admitter: Admitter;

  constructor(parts: {
    database: Database;
    registry: Registry;
    executor: Executor;
    writer: Writer;
    admitter: Admitter;
  }) {
    this.#database = parts.database;
    this.#registry = parts.registry;
    this.#executor = parts.executor;
    this.#writer = parts.writer;
    this.#admitter = parts.admitter;
  }

  /** Carries out effects of the kind `cancel`, all of one function: its runs are looked through once for all of them. */
  async carryOut(effects: readonly Effect[]): Promise<void> {
    const fn = this.#registry.find(effects[0]?.target ?? '');
    for (const chunk of await chunkByEvents(this.#database, effects)) {
      const arrivals = await readArrivals(this.#database, chunk);
      if (fn !== undefined) await this.#cancelRuns(fn, arrivals);
      await this.#writer.commit({ doneEffects: chunk }, 'keep');
    }
  }

  async #cancelRuns(fn: RegisteredFunction, arrivals: readonly Arrival[]): Promise<void> {
    const beforeId = arrivals.at(-1)?.beforeId;
    if (beforeId === undefined) return;
    await this.#admitter.settled(fn, beforeId);
    const events = new CancellingEvents(fn, arrivals);
    const parts = { database: this.#database, executor: this.#executor };
    let afterId = '';
    for (;;) {
      const range = { functionId: fn.id, afterId, beforeId };
      const looked = await cancelFirstRuns(parts, range, (run) => events.cancel(run));
      if (looked === null) return;
      afterId = looked.lastId;
    }
  }
}
