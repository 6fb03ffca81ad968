import type { Logger } from 'pino';
import type { JsonText } from '../protocol/canonical-json.ts';
import { idTimeMs } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import type { Cancellation } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import type { Executor } from './executor.ts';

const runsAtOnce = 500;

interface ActiveRun {
  id: string;
  payload: JsonText;
}

/**
 * Cancels runs by events. A cancellation is stored with its event and removed when it has been carried out, so a restart
 * between the two repeats it.
 */
export class Canceller {
  readonly #database: Database;
  readonly #registry: Registry;
  readonly #executor: Executor;
  readonly #writer: Writer;
  readonly #logger: Logger;

  constructor(parts: {
    database: Database;
    registry: Registry;
    executor: Executor;
    writer: Writer;
    logger: Logger;
  }) {
    this.#database = parts.database;
    this.#registry = parts.registry;
    this.#executor = parts.executor;
    this.#writer = parts.writer;
    this.#logger = parts.logger;
  }

  /** Carries out what an earlier life of the engine left undone. */
  async resume(): Promise<void> {
    const rows = await this.#database.readPatiently<{
      event_id: string;
      function_id: string;
      before_run_id: string;
    }>('select event_id, function_id, before_run_id from engine.cancellations', []);
    this.carryOut(
      rows.map((row) => ({
        eventId: row.event_id,
        functionId: row.function_id,
        beforeRunId: row.before_run_id,
      })),
    );
  }

  carryOut(cancellations: readonly Cancellation[]): void {
    for (const cancellation of cancellations) {
      this.#carryOut(cancellation).catch((error: unknown) => {
        this.#logger.error(
          { err: error, eventId: cancellation.eventId },
          'Cannot cancel runs: trying again after a restart',
        );
      });
    }
  }

  async #carryOut(cancellation: Cancellation): Promise<void> {
    const fn = this.#registry.find(cancellation.functionId);
    const event = await this.#findEvent(cancellation.eventId);
    if (fn !== undefined && event !== undefined) await this.#cancelRuns(cancellation, fn, event);
    await this.#writer.commit({ doneCancellations: [cancellation] }, 'keep');
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
    cancellation: Cancellation,
    fn: RegisteredFunction,
    event: { name: string; value: unknown; receivedAtMs: number },
  ): Promise<void> {
    const rules = fn.cancels.filter((rule) => rule.event === event.name);
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
        [fn.id, afterRunId, cancellation.beforeRunId, cancellation.eventId, runsAtOnce],
      );
      await Promise.all(runs.filter(isCancelled).map((run) => this.#executor.cancel(run.id)));
      if (runs.length < runsAtOnce) return;
      afterRunId = runs.at(-1)?.id ?? '';
    }
  }
}
