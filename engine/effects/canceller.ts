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

const runsAtOnce = 500;

interface ActiveRun {
  id: string;
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

  /** Carries out effects of the kind `cancel`. */
  async carryOut(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      const fn = this.#registry.find(effect.target);
      const event = await this.#findEvent(effect.eventId);
      if (fn === undefined || event === undefined) continue;
      await this.#admitter.settled(fn, effect.beforeId);
      await this.#cancelRuns(effect, fn, event);
    }
    await this.#writer.commit({ doneEffects: effects }, 'keep');
  }

  async #findEvent(
    eventId: string,
  ): Promise<{ name: string; value: unknown; receivedAtMs: number } | undefined> {
    const [row] = await this.#database.readPatiently<{
      name: string;
      payload: string;
      received_at_ms: number;
    }>('select name, payload, received_at_ms from engine.events where id = $1', [eventId]);
    return row && { name: row.name, value: JSON.parse(row.payload), receivedAtMs: row.received_at_ms };
  }

  async #cancelRuns(
    effect: Effect,
    fn: RegisteredFunction,
    event: { name: string; value: unknown; receivedAtMs: number },
  ): Promise<void> {
    const rules = fn.cancels.filter((rule) => matchesPattern(rule.event, event.name));
    const isCancelled = (run: ActiveRun) => {
      const ageMs = event.receivedAtMs - idTimeMs(run.id);
      return rules.some(
        ({ expression, timeoutMs }) =>
          (timeoutMs === null || ageMs <= timeoutMs) &&
          (expression === null || expression.isTrue({ event: JSON.parse(run.payload), async: event.value })),
      );
    };

    let afterRunId = '';
    for (;;) {
      const runs = await this.#database.readPatiently<ActiveRun>(
        `select r.id, e.payload from engine.runs r join engine.events e on e.id = r.event_id
         where r.function_id = $1 and r.status = 'running' and r.id > $2 and r.id < $3 and r.event_id <> $4
         order by r.id limit $5`,
        [fn.id, afterRunId, effect.beforeId, effect.eventId, runsAtOnce],
      );
      await Promise.all(runs.filter(isCancelled).map((run) => this.#executor.cancel(run.id)));
      if (runs.length < runsAtOnce) return;
      afterRunId = runs.at(-1)?.id ?? '';
    }
  }
}
