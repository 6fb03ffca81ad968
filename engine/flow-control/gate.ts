import { createRun } from '../intake/new-run.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { Admission, RegisteredFunction } from '../registry/registered-function.ts';
import type { Run } from '../runs/run.ts';
import type { AdmittedRun } from '../store/admission-rows.ts';
import type { Database } from '../store/database.ts';
import { findPayloads, hasEarlierAdmission } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import { type Candidate, rulesOf, switchableKey, timeOf } from './candidate.ts';
import { type Collection, debounce, gather, isFull } from './collection.ts';
import { Ledger } from './ledger.ts';
import { pour } from './rate-limit.ts';

export interface GateOptions {
  readonly database: Database;
  readonly writer: Writer;
  /** Resolves when the run has ended. */
  cancelRun(runId: string): Promise<void>;
  onRunsCreated(runs: readonly Run[]): void;
  /** Events wait that will become a run then. */
  onCollection(dueAtMs: number): void;
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
  #doneEffects: Effect[] = [];
  #runs: AdmittedRun[] = [];
  #runBytes = 0;
  #takenIds = new Map<string, { expiresAtMs: number }>();
  #rateLimits = new Map<string, number>();
  #collections = new Map<string, Collection | null>();

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
      singletons: [],
    });
    for (const candidate of candidates) this.#payloads.set(candidate.id, candidate.payload);
    for (const candidate of candidates) {
      await this.#admit(candidate);
      this.#doneEffects.push(candidate.effect);
      if (this.#hasToCommit) await this.commit();
    }
  }

  /** Nothing is left to be done for these: their events are gone. */
  discard(effects: readonly Effect[]): void {
    this.#doneEffects.push(...effects);
  }

  /** Makes runs of collections that are due, unless events that were received in time are still on their way to them. */
  async fire(keys: readonly string[]): Promise<void> {
    await this.#ledger.load({ takenIds: [], rateLimits: [], collections: keys, singletons: [] });
    for (const key of keys) {
      const collection = this.#ledger.collections.get(key) ?? null;
      if (collection === null || collection.dueAtMs > Date.now()) continue;
      if (await hasEarlierAdmission(this.#options.database, this.#fn.id, collection.dueAtMs)) continue;
      await this.#startCollection(key, collection);
      if (this.#hasToCommit) await this.commit();
    }
  }

  /** Lets collections become nothing. */
  dropCollections(keys: readonly string[]): void {
    for (const key of keys) this.#setCollection(key, null);
  }

  async commit(): Promise<void> {
    const change = {
      doneEffects: this.#doneEffects,
      admission: {
        functionId: this.#fn.id,
        runs: this.#runs,
        takenIds: this.#takenIds,
        rateLimits: this.#rateLimits,
        collections: this.#collections,
      },
    };
    this.#doneEffects = [];
    this.#runs = [];
    this.#runBytes = 0;
    this.#takenIds = new Map();
    this.#rateLimits = new Map();
    this.#collections = new Map();

    const { createdIds } = await this.#options.writer.commit(change, 'keep');
    const created = change.admission.runs.map(({ run }) => run);
    this.#options.onRunsCreated(
      created.filter(({ id, status }) => status === 'running' && createdIds.has(id)),
    );
    for (const collection of change.admission.collections.values()) {
      if (collection !== null) this.#options.onCollection(collection.dueAtMs);
    }
  }

  /** A run that the next one may have to cancel has to be written before. */
  get #hasToCommit(): boolean {
    const mayCancel = this.#rules.singleton?.mode === 'cancel' && this.#runs.length > 0;
    return mayCancel || this.#runBytes > maxChangeBytes;
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
      return;
    } else if (pause !== null && debounceKey !== null) {
      const pending = await this.#pending(debounceKey, receivedAtMs);
      this.#setCollection(debounceKey, debounce(pending, candidate, pause));
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
    this.#rateLimits.set(key, emptyAtMs);
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
    }
    this.#runs.push({ run, singletonKey });
    this.#runBytes += run.eventBytes;
  }

  /** Makes the run the active one of its singleton key, if the function's mode allows it. */
  async #takeLock(key: string, runId: string): Promise<boolean> {
    await this.#ledger.load({ takenIds: [], rateLimits: [], collections: [], singletons: [key] });
    const active = this.#ledger.singletons.get(key) ?? [];
    if (active.length > 0 && this.#rules.singleton?.mode === 'skip') return false;

    await Promise.all(active.map((id) => this.#options.cancelRun(id)));
    this.#ledger.singletons.set(key, [runId]);
    return true;
  }

  #setCollection(key: string, collection: Collection | null): void {
    this.#ledger.collections.set(key, collection);
    this.#collections.set(key, collection);
  }

  #take(externalId: string, expiresAtMs: number): void {
    this.#ledger.takenIds.set(externalId, expiresAtMs);
    this.#takenIds.set(externalId, { expiresAtMs });
  }
}
