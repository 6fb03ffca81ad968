import { canonicalJson, type JsonObject } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { dataMemo } from '../runs/memo.ts';
import { type Op, textOption } from '../runs/ops.ts';
import {
  endRun,
  isNew,
  replaceWait,
  type Settlement,
  startStep,
  type Transition,
} from '../runs/transition.ts';
import type { Database } from '../store/database.ts';
import { indexable } from '../store/indexable.ts';
import { findSignalWaits } from '../store/waits.ts';
import type { WaitRef } from './wait.ts';
import { readWaitTime } from './wait-time.ts';

/** Which steps wait for signals, by the signals' names in indexable form. A signal has one waiting step at most. */
export type SignalOwners = ReadonlyMap<string, WaitRef>;

export const noSignalOwners: SignalOwners = new Map();

/** The names of the signals that operations wait for. */
export function signalsOf(ops: readonly Op[]): readonly string[] {
  return ops.flatMap((op) => (op.op === 'WaitForSignal' ? [indexable(signalOf(op))] : []));
}

/** Lets a step wait for a signal. Another step that waits for it already fails the run, unless it is to be replaced. */
export function waitForSignal(transition: Transition, op: Op, owners: SignalOwners): void {
  if (!isNew(transition, op)) return;

  const signal = signalOf(op);
  const name = indexable(signal);
  const time = readWaitTime(
    textOption(op.opts.timeout),
    'wait for a signal',
    transition.nowMs,
    limits.waitMs,
  );
  if ('error' in time) {
    endRun(transition, { status: 'failed', error: time.error });
    return;
  }
  const opened = [...transition.openedWaits.values()].find(
    (wait) => wait.kind === 'signal' && wait.name === name,
  );
  const owner = opened ?? owners.get(name);
  if (owner !== undefined && op.opts.conflict !== 'replace') {
    const message = `Signal conflict; another step waits for the signal "${signal}" already`;
    endRun(transition, { status: 'failed', error: canonicalJson({ name: 'SignalConflict', message }) });
    return;
  }
  if (owner !== undefined) replaceWait(transition, owner);
  startStep(transition, op, {
    status: 'waiting',
    dueAtMs: transition.nowMs + time.waitMs,
    waitsFor: { signal },
    wait: { kind: 'signal', name, match: null, request: null },
  });
}

function signalOf(op: Op): string {
  return textOption(op.opts.signal) || op.name;
}

/** Finishes a step that waits. Answers false if it has been finished, or its time was over when the signal was received. */
type Settle = (wait: WaitRef, settlement: Settlement, receivedAtMs: number) => Promise<boolean>;

/** Knows who waits for signals, and keeps that from changing while something is done with it. */
export class Signals {
  readonly #database: Database;
  /** The end of the work that was last begun with each name. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Does work with some names, while no other work goes on with any of them. */
  async hold<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = names.flatMap((name) => this.#busy.get(name) ?? []);
    const result = Promise.allSettled(before).then(work);
    const end = result.catch(() => undefined);
    for (const name of names) this.#busy.set(name, end);
    try {
      return await result;
    } finally {
      for (const name of names) {
        if (this.#busy.get(name) === end) this.#busy.delete(name);
      }
    }
  }

  /** To be asked while the names are held. */
  async ownersOf(names: readonly string[]): Promise<SignalOwners> {
    const waits = await findSignalWaits((text, values) => this.#database.readPatiently(text, values), names);
    return new Map(waits.map(({ name, runId, stepId }) => [name, { runId, stepId }]));
  }

  /**
   * Sends a signal to the step that waits for it.
   *
   * @returns the id of the step's run, or null if nobody waits
   * @throws {DatabaseUnavailable}
   */
  async send(signal: { signal: string; data: unknown }, settle: Settle): Promise<string | null> {
    const receivedAtMs = Date.now();
    const name = indexable(signal.signal);
    const data: JsonObject = { signal: signal.signal, data: signal.data ?? null };
    return await this.hold([name], async () => {
      const [owner] = await findSignalWaits((text, values) => this.#database.read(text, values), [name]);
      if (owner === undefined) return null;
      const memo = dataMemo(canonicalJson(data));
      const isSettled = await settle(owner, { status: 'completed', memo }, receivedAtMs);
      return isSettled ? owner.runId : null;
    });
  }
}
