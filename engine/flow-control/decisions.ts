import type { JsonText } from '../protocol/canonical-json.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Run } from '../runs/run.ts';
import type { AdmittedRun } from '../store/admission-rows.ts';
import type { Database } from '../store/database.ts';
import { findInvocations } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import type { Collection } from './collection.ts';
import { mayBeInvocation, planRefusals, type Refusal } from './refusal.ts';

export interface DecisionOptions {
  readonly database: Database;
  readonly writer: Writer;
  onRunsCreated(runs: readonly Run[]): void;
  onRunSkipped(): void;
  onEffects(effects: readonly Effect[]): void;
  /** Events wait that will become a run of the function then. */
  onCollection(functionId: string, dueAtMs: number): void;
}

/** What was decided about events of one function and is not written yet. It is written as a whole. */
export class Decisions {
  readonly doneEffects: Effect[] = [];
  readonly runs: AdmittedRun[] = [];
  readonly takenIds = new Map<string, number>();
  readonly rateLimits = new Map<string, number>();
  readonly collections = new Map<string, Collection | null>();
  readonly refusals: Refusal[] = [];

  /** The size of the events of all runs. */
  get bytes(): number {
    return this.runs.reduce((sum, { run }) => sum + run.eventBytes, 0);
  }

  /** @param payloads events that are in memory; others are read where they are needed */
  async commit(
    fn: RegisteredFunction,
    payloads: ReadonlyMap<string, JsonText>,
    options: DecisionOptions,
  ): Promise<void> {
    const { runs, takenIds, rateLimits, collections, doneEffects } = this;
    const refused = await this.#readInvocations(payloads, options.database);
    const told = planRefusals(fn, refused, Date.now());
    const admission = { functionId: fn.id, runs, takenIds, rateLimits, collections };
    const { createdIds } = await options.writer.commit({ ...told, doneEffects, admission }, 'keep');

    options.onEffects(told.effects.filter(({ eventId }) => createdIds.has(eventId)));
    const created = runs.map(({ run }) => run).filter(({ id }) => createdIds.has(id));
    options.onRunsCreated(created.filter(({ status }) => status === 'running'));
    for (const { status } of created) if (status === 'skipped') options.onRunSkipped();
    for (const collection of collections.values()) {
      if (collection !== null) options.onCollection(fn.id, collection.dueAtMs);
    }
  }

  /** The refused events whose senders may wait for a run. */
  async #readInvocations(
    payloads: ReadonlyMap<string, JsonText>,
    database: Database,
  ): Promise<readonly { message: string; payload: JsonText }[]> {
    const unknown = this.refusals.map(({ eventId }) => eventId).filter((id) => !payloads.has(id));
    const read = await findInvocations(database, unknown);
    return this.refusals
      .map(({ eventId, message }) => ({
        message,
        payload: payloads.get(eventId) ?? read.get(eventId) ?? '',
      }))
      .filter(({ payload }) => mayBeInvocation(payload));
  }
}
