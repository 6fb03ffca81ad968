import { createRun } from '../intake/new-run.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import { firstIdAt, newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { Admission, RegisteredFunction } from '../registry/registered-function.ts';
import { findFirstAdmission, findPayloads } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import { type Candidate, rulesOf, switchableKey, timeOf } from './candidate.ts';
import { type Collection, debounce, gather, isFull } from './collection.ts';
import { type DecisionOptions, Decisions } from './decisions.ts';
import { Ledger } from './ledger.ts';
import { pour } from './rate-limit.ts';
import { refusals } from './refusal.ts';

export interface GateOptions extends DecisionOptions {
  /** Resolves when the run has ended. */
  cancelRun(runId: string): Promise<void>;
}

/** What is written at once has no more than this in the events of its runs. */
const maxChangeBytes = 16 * 1024 * 1024;

interface RunEvent {
  readonly id: string;
  readonly payload: JsonText;
}

/**
 * The way of events to the runs of one function (inngest.com/docs, flow control):
 *
 *   event ──▶ batch ──▶ rate limit, idempotency ──▶ debounce ──▶ singleton ──▶ run
 *               │                 └──▶ dropped          │            └──▶ skipped run, or the active run is cancelled
 *               └───────▶ collected until due ◀─────────┘
 *
 * Nobody else may change what the ledger holds while a gate is open. Decisions take effect by `commit`.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #fn: RegisteredFunction;
  readonly #rules: Admission;
  readonly #ledger: Ledger;
  readonly #payloads = new Map<string, JsonText>();
  #decisions = new Decisions();

  constructor(options: GateOptions, fn: RegisteredFunction) {
    this.#options = options;
    this.#fn = fn;
    this.#rules = rulesOf(fn);
    this.#ledger = new Ledger(options.database, fn.id);
  }

  /** Lets events in, in the order in which they were received. */
  async admit(candidates: readonly Candidate[]): Promise<void> {
    const keysOf = (key: (candidate: Candidate) => string | null) =>
      candidates.map(key).filter((text) => text !== null);
    await this.#ledger.load({
      takenIds: keysOf(({ externalId }) => externalId),
      rateLimits: keysOf(({ rateLimitKey }) => rateLimitKey),
      collections: [...keysOf(({ batchKey }) => batchKey), ...keysOf(({ debounceKey }) => debounceKey)],
      singletons: keysOf(({ singletonKey }) => singletonKey),
    });
    for (const candidate of candidates) this.#payloads.set(candidate.id, candidate.payload);
    for (const candidate of candidates) {
      if (this.#mayCancelUnwritten(candidate)) await this.commit();
      await this.#admit(candidate);
      this.#decisions.doneEffects.push(candidate.effect);
      if (this.#hasToCommit) await this.commit();
    }
  }

  /** Nothing is left to be done for these: their events are gone. */
  discard(effects: readonly Effect[]): void {
    this.#decisions.doneEffects.push(...effects);
  }

  /**
   * Makes runs of collections that are due, unless events that were received in time are still on their way to them.
   *
   * @returns whether there is any that did not have to wait for such events
   */
  async fire(keys: readonly string[]): Promise<boolean> {
    let isAny = false;
    await this.#ledger.load({ collections: keys });
    const firstWaitingId = await findFirstAdmission(this.#options.database, this.#fn.id);
    for (const key of keys) {
      const collection = this.#ledger.collections.get(key) ?? null;
      if (collection === null || collection.dueAtMs > Date.now()) continue;
      if (firstWaitingId !== null && firstWaitingId < firstIdAt(collection.dueAtMs)) continue;
      isAny = true;
      await this.#startCollection(key, collection);
      if (this.#hasToCommit) await this.commit();
    }
    return isAny;
  }

  /** Lets collections become nothing. */
  async dropCollections(keys: readonly string[]): Promise<void> {
    await this.#ledger.load({ collections: keys });
    for (const key of keys) {
      for (const id of this.#ledger.collections.get(key)?.eventIds ?? []) this.#refuse(id, refusals.removed);
      this.#setCollection(key, null);
    }
  }

  async commit(): Promise<void> {
    const decisions = this.#decisions;
    this.#decisions = new Decisions();
    await decisions.commit(this.#fn, this.#payloads, this.#options);
  }

  /** Only a run that is written can be cancelled by the next one. */
  #mayCancelUnwritten({ singletonKey: key }: Candidate): boolean {
    return (
      this.#cancels && key !== null && this.#decisions.runs.some(({ singletonKey }) => singletonKey === key)
    );
  }

  get #cancels(): boolean {
    return this.#rules.singleton?.mode === 'cancel';
  }

  /** What a debounce starts has its singleton key only then. */
  get #hasToCommit(): boolean {
    const isBlind = this.#cancels && this.#rules.debounce !== null && this.#decisions.runs.length > 0;
    return isBlind || this.#decisions.bytes > maxChangeBytes;
  }

  async #admit(candidate: Candidate): Promise<void> {
    const { externalId, receivedAtMs, batchKey, debounceKey } = candidate;
    if (externalId !== null && (this.#ledger.takenIds.get(externalId) ?? 0) >= receivedAtMs) return;

    const { batch, debounce: pause } = this.#rules;
    if (batch !== null && batchKey !== null) {
      const collection = gather(await this.#pending(batchKey, receivedAtMs), candidate, batch);
      this.#setCollection(batchKey, collection);
      if (isFull(collection, batch)) await this.#startCollection(batchKey, collection);
    } else if (!this.#passesRateLimit(candidate)) {
      this.#refuse(candidate.id, refusals.rateLimited);
      return;
    } else if (pause !== null && debounceKey !== null) {
      const pending = await this.#pending(debounceKey, receivedAtMs);
      const collection = debounce(pending, candidate, pause);
      this.#setCollection(debounceKey, collection);
      const replaced = collection === pending ? candidate.id : pending?.eventIds[0];
      if (replaced !== undefined) this.#refuse(replaced, refusals.replaced);
    } else {
      await this.#start([candidate], candidate.effect.beforeId);
    }
    if (externalId !== null) this.#take(externalId, receivedAtMs + limits.idempotencyMs);
  }

  #passesRateLimit({ rateLimitKey: key, receivedAtMs }: Candidate): boolean {
    const { rateLimit } = this.#rules;
    if (rateLimit === null || key === null) return true;
    const emptyAtMs = pour(this.#ledger.rateLimits.get(key) ?? null, rateLimit, receivedAtMs);
    if (emptyAtMs === null) return false;
    this.#ledger.rateLimits.set(key, emptyAtMs);
    this.#decisions.rateLimits.set(key, emptyAtMs);
    return true;
  }

  /** The collection that an event joins. One that was due before the event came is not joined any more. */
  async #pending(key: string, receivedAtMs: number): Promise<Collection | undefined> {
    const collection = this.#ledger.collections.get(key) ?? null;
    if (collection === null) return undefined;
    if (collection.dueAtMs > receivedAtMs) return collection;
    await this.#startCollection(key, collection);
    return undefined;
  }

  async #startCollection(key: string, { eventIds }: Collection): Promise<void> {
    const unknown = eventIds.filter((id) => !this.#payloads.has(id));
    const read = await findPayloads(this.#options.database, unknown);
    const events = eventIds.flatMap((id) => {
      const payload = this.#payloads.get(id) ?? read.get(id);
      return payload === undefined ? [] : [{ id, payload }];
    });
    await this.#start(events, newId());
    this.#setCollection(key, null);
  }

  async #start(events: readonly RunEvent[], runId: string): Promise<void> {
    const [first] = events;
    if (first === undefined) return;
    const nowMs = Date.now();
    const value: unknown = JSON.parse(first.payload);
    const source = {
      fn: this.#fn,
      id: runId,
      eventId: first.id,
      payload: first.payload,
      tsMs: timeOf(value) ?? nowMs,
      batch:
        events.length === 1
          ? null
          : { eventIds: events.map(({ id }) => id), events: events.map(({ payload }) => payload) },
    };
    const run = createRun(source, () => value, nowMs);
    const singletonKey = this.#rules.singleton && switchableKey(this.#rules.singleton, value);
    if (singletonKey !== null && !(await this.#takeLock(singletonKey, run.id))) {
      run.status = 'skipped';
      run.job = null;
      run.deadlineAtMs = null;
      run.endedAtMs = nowMs;
      for (const { id } of events) this.#refuse(id, refusals.skipped);
    }
    this.#decisions.runs.push({ run, singletonKey });
  }

  /** Makes the run the active one of its singleton key, if the function's mode allows it. */
  async #takeLock(key: string, runId: string): Promise<boolean> {
    await this.#ledger.load({ singletons: [key] });
    const active = this.#ledger.singletons.get(key) ?? [];
    if (active.length > 0 && this.#rules.singleton?.mode === 'skip') return false;

    await Promise.all(active.map((id) => this.#options.cancelRun(id)));
    this.#ledger.singletons.set(key, [runId]);
    return true;
  }

  #refuse(eventId: string, message: string): void {
    this.#decisions.refusals.push({ eventId, message });
  }

  #setCollection(key: string, collection: Collection | null): void {
    this.#ledger.collections.set(key, collection);
    this.#decisions.collections.set(key, collection);
  }

  #take(externalId: string, expiresAtMs: number): void {
    this.#ledger.takenIds.set(externalId, expiresAtMs);
    this.#decisions.takenIds.set(externalId, expiresAtMs);
  }
}
