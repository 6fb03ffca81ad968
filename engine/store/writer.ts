import type { Logger } from 'pino';
import { admissionRows } from './admission-rows.ts';
import { DatabaseUnavailable, isUnavailable } from './connection.ts';
import {
  bulkCancellationRow,
  type Change,
  doneWaitRow,
  effectRow,
  eventRow,
  metadataRow,
  newRunRow,
  type Row,
  runRow,
  stepRow,
  throttleRow,
  waitRow,
} from './rows.ts';
import { type BatchRows, type SectionName, type Statement, sectionNames, statementFor } from './statement.ts';

/** Where statements are sent to. Reconnecting is its own affair. */
export interface WriteConnection {
  /** @throws when the connection is lost; the caller reconnects and repeats */
  write(statement: Statement): Promise<readonly string[]>;
  /** Resolves when writing is possible again. @throws {Error} when it never will be */
  reconnect(): Promise<void>;
}

export interface Committed {
  /** Ids of the new runs that came into being, and of the events of new effects. The others were duplicates. */
  readonly createdIds: ReadonlySet<string>;
}

export interface Commit {
  readonly changes: number;
  readonly durationMs: number;
}

/**
 * What happens to a change while the database is away. `refuse` gives the caller a `DatabaseUnavailable`, and the change
 * may or may not have been written. `keep` tries until it is written.
 */
export type WhenUnavailable = 'refuse' | 'keep';

interface Unit {
  readonly rows: BatchRows;
  readonly bytes: number;
  readonly whenUnavailable: WhenUnavailable;
  resolve(committed: Committed): void;
  reject(error: unknown): void;
}

/** Between tries of a database that takes connections but no writes, as one does whose disk is full. */
const refusedWriteDelayMs = 500;

const maxBatchUnits = 1_000;
const maxBatchBytes = 16 * 1024 * 1024;

/**
 * A batch of several changes shows load. The next one waits a little, longer the larger the last was, and becomes large
 * itself: one large write costs far less than many small ones. A lone run never waits.
 */
const delayMsPerUnit = 0.7;
const maxDelayMs = 8;

function delayAfter(units: number): number {
  return units < 2 ? 0 : Math.min(units * delayMsPerUnit, maxDelayMs);
}

/**
 * Writes changes in the order in which they were handed in, many at once (group commit).
 *
 * Rows are taken as they are when a change is handed in. All rows carry absolute values and inserts ignore what is there, so
 * that a batch may be repeated when nobody knows whether the first attempt was committed.
 */
export class Writer {
  readonly #connection: WriteConnection;
  readonly #boot: number;
  readonly #logger: Logger;
  readonly #queue: Unit[] = [];
  #isWriting = false;
  /** The batch under way. */
  #writing: readonly Unit[] = [];
  #isUnavailable = false;
  #isLost = false;
  #isClosing = false;
  #fatal: Error | null = null;
  #onRecovery: () => void = () => undefined;
  #onFatal: (error: Error) => void = () => undefined;
  #onCommitted: (commit: Commit) => void = () => undefined;

  constructor(connection: WriteConnection, boot: number, logger: Logger) {
    this.#connection = connection;
    this.#boot = boot;
    this.#logger = logger;
  }

  get isAvailable(): boolean {
    return !this.#isUnavailable && this.#fatal === null;
  }

  /** The listener is called when the database is back: changes that were refused may have been written all the same. */
  onRecovery(listener: () => void): void {
    this.#onRecovery = listener;
  }

  /** The listener is called when nothing can be written ever again: another engine has taken over the database. */
  onFatal(listener: (error: Error) => void): void {
    this.#onFatal = listener;
  }

  /** The listener is told of every commit. */
  onCommitted(listener: (commit: Commit) => void): void {
    this.#onCommitted = listener;
  }

  /** The connection was lost while nothing was written: it is made anew at once, before somebody else takes the lock. */
  reviveConnection(): void {
    this.#isLost = true;
    if (!this.#isWriting && this.#fatal === null) void this.#writeAll();
  }

  /** Resolves when the change is durable. @throws {DatabaseUnavailable} see `WhenUnavailable` */
  commit(change: Change, whenUnavailable: WhenUnavailable): Promise<Committed> {
    if (this.#fatal !== null) return Promise.reject(this.#fatal);
    if (this.#isUnavailable && whenUnavailable === 'refuse') {
      return Promise.reject(new DatabaseUnavailable('waiting for the database to come back'));
    }
    const snapshot = this.#snapshot(change);
    if (sectionNames.every((name) => snapshot.rows[name].length === 0))
      return Promise.resolve({ createdIds: new Set() });
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...snapshot, whenUnavailable, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  /** Resolves when everything handed in so far was written or refused. What cannot be written from now on is given up. */
  async drain(): Promise<void> {
    this.#isClosing = true;
    while (this.#isWriting && this.#fatal === null) await delay(maxDelayMs);
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#queue.length > 0 || this.#isLost) {
        if (this.#isLost) await this.#waitForDatabase([], 'the connection was lost', 1);
        const units = this.#takeBatch();
        this.#writing = units;
        await this.#writeBatch(units);
        const delayMs = delayAfter(units.length);
        if (delayMs > 0) await delay(delayMs);
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#isWriting = false;
    }
  }

  #takeBatch(): readonly Unit[] {
    let count = 0;
    let bytes = 0;
    for (const unit of this.#queue) {
      if (count > 0 && (count >= maxBatchUnits || bytes + unit.bytes > maxBatchBytes)) break;
      count += 1;
      bytes += unit.bytes;
    }
    return this.#queue.splice(0, count);
  }

  async #writeBatch(batch: readonly Unit[]): Promise<void> {
    let units = batch;
    let losses = 0;
    while (units.length > 0) {
      try {
        const startedAt = performance.now();
        const createdIds = new Set(await this.#connection.write(statementFor(mergeRows(units))));
        this.#onCommitted({ changes: units.length, durationMs: performance.now() - startedAt });
        for (const unit of units) unit.resolve({ createdIds });
        return;
      } catch (error) {
        if (isUnavailable(error)) {
          losses += 1;
          units = await this.#waitForDatabase(units, error, losses);
        } else if (units.length === 1) return units[0]?.reject(error);
        else return await this.#writeOneByOne(units);
      }
    }
  }

  /** One unit has something in it that PostgreSQL refuses. The others must not suffer from it. */
  async #writeOneByOne(units: readonly Unit[]): Promise<void> {
    for (const unit of units) await this.#writeBatch([unit]);
  }

  /** @param losses how many times this batch has met an unavailable database; only the first is news */
  async #waitForDatabase(units: readonly Unit[], cause: unknown, losses: number): Promise<readonly Unit[]> {
    this.#isUnavailable = true;
    this.#isLost = false;
    const level = losses === 1 ? 'warn' : 'debug';
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#logger[level]({ reason }, 'Database is away: waiting for it');
    try {
      const kept = this.#refuse(units, cause);
      this.#queue.splice(0, this.#queue.length, ...this.#refuse(this.#queue, cause));
      if (losses > 1) await delay(refusedWriteDelayMs);
      await this.#connection.reconnect();
      this.#logger[losses === 1 ? 'info' : 'debug']('Database is back');
      this.#onRecovery();
      return kept;
    } finally {
      this.#isUnavailable = false;
    }
  }

  #refuse(units: readonly Unit[], cause: unknown): readonly Unit[] {
    for (const unit of units) {
      if (unit.whenUnavailable === 'refuse') unit.reject(new DatabaseUnavailable(cause));
    }
    return units.filter((unit) => unit.whenUnavailable === 'keep');
  }

  #fail(error: Error): void {
    this.#fatal = error;
    if (this.#isClosing)
      this.#logger.warn({ reason: error.message }, 'Stopping with changes that were not written');
    else this.#logger.fatal({ err: error }, 'Cannot write any more: the engine has to be started again');
    this.#onFatal(error);
    // Units of the batch that were written before have been settled; rejecting them changes nothing.
    for (const unit of [...this.#writing, ...this.#queue.splice(0)]) unit.reject(error);
  }

  #snapshot(change: Change): { rows: BatchRows; bytes: number } {
    const boot = this.#boot;
    const rows: BatchRows = {
      events: change.events?.map(eventRow) ?? [],
      newRuns: change.newRuns?.map((run) => newRunRow(run, boot)) ?? [],
      runs: change.runs?.map((run) => runRow(run, boot)) ?? [],
      steps: change.steps?.map((changed) => stepRow(changed, boot)) ?? [],
      effects: change.effects?.map(effectRow) ?? [],
      doneEffects: change.doneEffects?.map(effectRow) ?? [],
      bulkCancellations: change.bulkCancellations?.map(bulkCancellationRow) ?? [],
      metadata: change.metadata?.map(metadataRow) ?? [],
      throttles: change.throttles?.map(throttleRow) ?? [],
      waits: [...(change.waits?.map(waitRow) ?? []), ...(change.doneWaits?.map(doneWaitRow) ?? [])],
      ...admissionRows(change.admission, boot),
    };
    let bytes = 0;
    for (const event of change.events ?? []) bytes += event.payload.length;
    for (const run of change.runs ?? []) bytes += (run.output?.length ?? 0) + (run.error?.length ?? 0);
    for (const { step, input } of change.steps ?? [])
      bytes += (step.memo?.length ?? 0) + (input?.length ?? 0);
    for (const wait of change.waits ?? []) bytes += wait.request?.length ?? 0;
    return { rows, bytes };
  }
}

/** Of several images of a run or a step only the last is written: a statement may touch a row once. */
function mergeRows(units: readonly Unit[]): BatchRows {
  const [only] = units;
  if (units.length === 1 && only !== undefined) return only.rows;

  const rows = (name: SectionName) => units.flatMap((unit) => unit.rows[name]);
  const firstUnits = new Map<unknown, BatchRows>();
  for (const unit of units) {
    for (const [eventId] of unit.rows.events)
      if (!firstUnits.has(eventId)) firstUnits.set(eventId, unit.rows);
  }
  // The same event twice in a batch: only what the first one starts may come into being.
  const ofFirst = (name: 'newRuns' | 'effects', eventIdColumn: number) =>
    units.flatMap((unit) =>
      unit.rows[name].filter((row) => firstUnits.get(row[eventIdColumn]) === unit.rows),
    );
  return {
    events: rows('events'),
    newRuns: ofFirst('newRuns', newRunEventIdColumn),
    runs: lastOfEach(rows('runs'), (row) => String(row[0])),
    steps: lastOfEach(rows('steps'), (row) => `${row[0]}/${row[1]}`),
    effects: ofFirst('effects', 0),
    doneEffects: rows('doneEffects'),
    bulkCancellations: rows('bulkCancellations'),
    metadata: rows('metadata'),
    throttles: lastOfEach(rows('throttles'), (row) => String(row[0])),
    waits: lastOfEach(rows('waits'), (row) => `${row[0]}/${row[1]}`),
    admittedRuns: rows('admittedRuns'),
    takenIds: rows('takenIds'),
    rateLimits: rows('rateLimits'),
    collections: rows('collections'),
    doneCollections: rows('doneCollections'),
  };
}

/** The place of `event_id` in `newRunRow`. */
const newRunEventIdColumn = 3;

function lastOfEach(rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  return rows.length < 2 ? rows : [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
