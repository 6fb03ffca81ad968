import type { Executor } from '../executor/executor.ts';
import type { Admitter } from '../flow-control/admitter.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import { idTimeMs } from '../protocol/ids.ts';
import { matchesPattern } from '../registry/event-pattern.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import type { Effect } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import { type Arrival, chunkByEvents, readArrivals } from './arrivals.ts';

const runsAtOnce = 500;

interface ActiveRun {
  id: string;
  event_id: string;
  payload: JsonText;
}

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
    let afterRunId = '';
    for (;;) {
      const runs = await this.#database.readPatiently<ActiveRun>(
        `select r.id, r.event_id, e.payload from engine.runs r join engine.events e on e.id = r.event_id
         where r.function_id = $1 and r.status = 'running' and r.id > $2 and r.id < $3
         order by r.id limit $4`,
        [fn.id, afterRunId, beforeId, runsAtOnce],
      );
      const cancelled = runs.filter((run) => isCancelled(fn, run, arrivals));
      await Promise.all(cancelled.map((run) => this.#executor.cancel(run.id)));
      if (runs.length < runsAtOnce) return;
      afterRunId = runs.at(-1)?.id ?? '';
    }
  }
}

/** Whether one of the events cancels the run. The event that triggered it does not. */
function isCancelled(fn: RegisteredFunction, run: ActiveRun, arrivals: readonly Arrival[]): boolean {
  const later = arrivals.filter(({ beforeId, eventId }) => run.id < beforeId && eventId !== run.event_id);
  if (later.length === 0) return false;
  const event: unknown = JSON.parse(run.payload);
  return later.some(({ name, value, receivedAtMs }) => {
    const ageMs = receivedAtMs - idTimeMs(run.id);
    return fn.cancels.some(
      (rule) =>
        matchesPattern(rule.event, name) &&
        (rule.timeoutMs === null || ageMs <= rule.timeoutMs) &&
        (rule.untilMs === null || receivedAtMs <= rule.untilMs) &&
        (rule.expression === null || rule.expression.isTrue({ event, async: value })),
    );
  });
}
