import { createRun } from '../intake/new-run.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunCache } from '../runs/cache.ts';
import type { Run } from '../runs/run.ts';
import type { Database } from '../store/database.ts';
import { findActiveSingletons } from '../store/flow-control.ts';
import type { Writer } from '../store/writer.ts';
import type { Admitter } from './admitter.ts';
import { switchableKey } from './candidate.ts';

export interface RepeaterOptions {
  readonly runs: RunCache;
  readonly database: Database;
  readonly writer: Writer;
  readonly admitter: Pick<Admitter, 'inTurn'>;
  cancelRun(runId: string): Promise<void>;
  onRunsCreated(runs: readonly Run[]): void;
}

/** Another run of the same key is under way, and the function allows one at a time. */
export class SingletonBusy extends Error {
  override readonly name = 'SingletonBusy';
  readonly activeRunId: string;

  constructor(activeRunId: string) {
    super(`Cannot run again: the function allows one run at a time, and run "${activeRunId}" is under way`);
    this.activeRunId = activeRunId;
  }
}

/** Starts new runs of events that were there before. */
export class Repeater {
  readonly #options: RepeaterOptions;

  constructor(options: RepeaterOptions) {
    this.#options = options;
  }

  /**
   * Starts a new run of a function with the events of an earlier one. What flow control does to events (rate limit, idempotency,
   * debounce, batch) was done to them already; what it does to runs holds.
   *
   * @returns the id of the new run, when it is stored; undefined if there is no such run
   * @throws {SingletonBusy}
   * @throws {DatabaseUnavailable} when the run may not have been stored
   */
  async repeat(runId: string, fn: RegisteredFunction): Promise<string | undefined> {
    const { runs, admitter } = this.#options;
    return await runs.use(runId, (earlier) => admitter.inTurn(fn.id, () => this.#repeat(earlier, fn)));
  }

  async #repeat({ eventId, event: payload, batch }: Run, fn: RegisteredFunction): Promise<string> {
    const value: unknown = JSON.parse(payload);
    const run = createRun({ fn, eventId, payload, tsMs: 0, batch }, () => value, Date.now());
    const singletonKey = await this.#takeLock(fn, value);
    await this.#options.writer.commit(
      {
        admission: {
          functionId: fn.id,
          runs: [{ run, singletonKey }],
          takenIds: new Map(),
          rateLimits: new Map(),
          collections: new Map(),
        },
      },
      'refuse',
    );
    this.#options.onRunsCreated([run]);
    return run.id;
  }

  /** The key of which the new run will be the active one; null if the function is no singleton. */
  async #takeLock(fn: RegisteredFunction, event: unknown): Promise<string | null> {
    const singleton = fn.admission?.singleton ?? null;
    const key = singleton && switchableKey(singleton, event);
    if (singleton === null || key === null) return null;

    const active = (await findActiveSingletons(this.#options.database, fn.id, [key])).get(key) ?? [];
    const [activeRunId] = active;
    if (activeRunId !== undefined && singleton.mode === 'skip') throw new SingletonBusy(activeRunId);
    await Promise.all(active.map((id) => this.#options.cancelRun(id)));
    return key;
  }
}
