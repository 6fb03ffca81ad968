import type pg from 'pg';
import type { Logger } from 'pino';
import {
  type CuttableClient,
  type CuttablePool,
  createClient,
  createPool,
  DatabaseNotOpened,
  DatabaseUnavailable,
  isUnavailable,
} from './connection.ts';
import {
  assertNewestBoot,
  heartbeatMs,
  LockTaken,
  leaseMs,
  lockWaitMs,
  startBoot,
  takeEngineLock,
  writerName,
} from './engine-lock.ts';
import { migrate } from './migrate.ts';
import { Patience } from './patience.ts';
import type { Statement } from './statement.ts';
import type { WriteConnection } from './writer.ts';

const reconnectDelayMs = 200;
const closeGraceMs = 500;
const defaultTimeoutMs = 30_000;

/**
 * Statements of the writer touch rows by key. Without statistics on a young table PostgreSQL would plan scans of whole
 * tables and keep such plans for prepared statements.
 *
 * Limits that were set for the role or the database would refuse changes that only have to wait. The engine has its own.
 * `transaction_timeout` is there since PostgreSQL 17.
 */
const writerSettings = `
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off;
  set enable_hashjoin = off;
  set enable_mergejoin = off;
  set statement_timeout = 0;
  set lock_timeout = 0;
  set idle_in_transaction_session_timeout = 0;
  select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout';
`;

export interface DatabaseOptions {
  /** Wait for as long as another engine works on the database, or the database is away, instead of giving up. */
  readonly standby?: boolean;
  /** A statement that has no answer by then counts as lost, in ms; 30 s unless given. */
  readonly timeoutMs?: number;
}

/**
 * The engine's connections: one that writes, a few that read.
 *
 * The lock that keeps a second engine away is held by the connection that writes. Whoever lost the lock cannot write.
 */
export class Database implements WriteConnection {
  readonly #databaseUrl: string;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  readonly #readers: CuttablePool;
  readonly #patience: Patience;
  #writer: CuttableClient | null = null;
  #boot = 0;
  /** On the clock of `performance.now()`: when the writing connection was last asked something that it answered. */
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #heartbeat: NodeJS.Timeout | null = null;
  #onLost: () => void = () => undefined;
  #isClosed = false;

  private constructor(databaseUrl: string, logger: Logger, timeoutMs: number) {
    this.#databaseUrl = databaseUrl;
    this.#logger = logger;
    this.#timeoutMs = timeoutMs;
    this.#readers = createPool(databaseUrl, timeoutMs);
    this.#patience = new Patience(logger);
    // Without a listener the loss of an idle connection would end the process. Queries report it to their callers.
    this.#readers.pool.on('error', (error) =>
      logger.debug({ reason: error.message }, 'Lost an idle database connection'),
    );
  }

  /**
   * Connects, takes the engine's lock and migrates the schema.
   *
   * @throws {Error} when the database cannot be reached or another engine keeps the lock, unless told to stand by
   */
  static async open(databaseUrl: string, logger: Logger, options: DatabaseOptions = {}): Promise<Database> {
    const database = new Database(databaseUrl, logger, options.timeoutMs ?? defaultTimeoutMs);
    try {
      await database.#open(options.standby ?? false);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** The number of this life of the engine on this database, greater than that of any earlier one. */
  get boot(): number {
    return this.#boot;
  }

  /**
   * Whether no other engine can be working on the database. While it is false nothing may be begun: it becomes true again,
   * or the writer fails for good.
   */
  get isInCharge(): boolean {
    return this.#writer !== null && performance.now() - this.#heardAtMs < leaseMs;
  }

  /** The listener is called when the writing connection was lost while nobody was writing. */
  onLost(listener: () => void): void {
    this.#onLost = listener;
  }

  async read<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      const result = await this.#readers.pool.query<R>(text, [...values]);
      return result.rows;
    } catch (error) {
      throw isUnavailable(error) ? new DatabaseUnavailable(error) : error;
    }
  }

  /** Reads, and keeps trying while the database is away or too slow. For what the engine itself waits for. */
  async readPatiently<R extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<readonly R[]> {
    return await this.#patience.untilAnswered(text, () => this.read<R>(text, values));
  }

  async write(statement: Statement): Promise<readonly string[]> {
    const writer = this.#writer;
    if (writer === null) throw new DatabaseUnavailable('not connected');
    const result = await this.#ask(() =>
      writer.client.query<{ id: string }>({
        name: statement.name,
        text: statement.text,
        values: [...statement.values],
      }),
    );
    return result.rows.map((row) => row.id);
  }

  /** For rare changes outside the writer's batches, such as a registration. They hold no rows that batches touch. */
  async transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#readers.pool.connect().catch((error: unknown) => {
      throw new DatabaseUnavailable(error);
    });
    // Without a listener a connection that is lost between two statements would end the process. The next statement fails.
    const onError = (error: Error) =>
      this.#logger.debug({ reason: error.message }, 'Lost a database connection in a transaction');
    client.on('error', onError);
    try {
      await client.query('begin');
      // The next engine cannot begin its life before this has ended, and nothing is changed after it has begun.
      await client.query('lock table engine.boots in share mode');
      await assertNewestBoot(client, this.#boot);
      const result = await work(client);
      await client.query('commit');
      client.off('error', onError);
      client.release();
      return result;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      if (!isUnavailable(error)) client.off('error', onError);
      client.release(isUnavailable(error));
      throw isUnavailable(error) ? new DatabaseUnavailable(error) : error;
    }
  }

  async reconnect(): Promise<void> {
    this.#dropWriter();
    for (;;) {
      if (this.#isClosed) throw new Error('Cannot reach the database: the engine is stopping');
      try {
        this.#hold(
          await this.#connect(async (client) => {
            await assertNewestBoot(client, this.#boot);
            await takeEngineLock(client, { predecessor: writerName(this.#boot), isPatient: false });
            await assertNewestBoot(client, this.#boot);
          }),
        );
        return;
      } catch (error) {
        if (!isUnavailable(error) || error instanceof LockTaken) throw error;
        await delay(reconnectDelayMs);
      }
    }
  }

  /** Ends soon, also when the database does not answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#patience.end();
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    const writer = this.#writer;
    this.#writer = null;
    await Promise.race([
      Promise.all([writer?.client.end().catch(() => undefined), this.#readers.pool.end()]),
      delay(closeGraceMs),
    ]);
    writer?.cut();
    this.#readers.cut();
  }

  async #open(isPatient: boolean): Promise<void> {
    for (;;) {
      try {
        const writer = await this.#connect(async (client) => {
          const onWait = () => {
            if (isPatient) this.#logger.info('Standing by: another engine works on the database');
            else
              this.#logger.warn(
                { waitMs: lockWaitMs },
                'Another engine works on the database: waiting for its end',
              );
          };
          await takeEngineLock(client, { predecessor: null, isPatient, onWait });
          await migrate(client);
          this.#boot = await startBoot(client);
          await client.query(`set application_name = '${writerName(this.#boot)}'`);
        });
        this.#hold(writer);
        break;
      } catch (error) {
        if (!isPatient || !isUnavailable(error) || error instanceof LockTaken) throw error;
        this.#logger.debug({ err: error }, 'Standing by: the database is away');
        await delay(reconnectDelayMs);
      }
    }
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** From now on this connection writes. */
  #hold(writer: CuttableClient): void {
    this.#writer = writer;
    this.#heardAtMs = performance.now();
    writer.client.once('end', () => {
      if (this.#writer !== writer) return;
      this.#dropWriter();
      if (!this.#isClosed) this.#onLost();
    });
  }

  /** Tells PostgreSQL, and whoever waits for the lock, that this engine is alive; finds out whether the connection is. */
  #beat(): void {
    const writer = this.#writer;
    if (writer === null || this.#isAsking) return;
    this.#ask(() => writer.client.query('select 1')).catch(() => writer.cut());
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const askedAtMs = performance.now();
    this.#isAsking = true;
    try {
      const answer = await question();
      this.#heardAtMs = askedAtMs;
      return answer;
    } finally {
      this.#isAsking = false;
    }
  }

  async #connect(prepare: (client: pg.Client) => Promise<void>): Promise<CuttableClient> {
    const opened = createClient(this.#databaseUrl, writerName(this.#boot), this.#timeoutMs);
    const { client } = opened;
    client.on('error', (error) =>
      this.#logger.debug({ reason: error.message }, 'Lost the writing connection'),
    );
    try {
      await client.connect().catch((error: unknown) => {
        throw new DatabaseNotOpened(this.#databaseUrl, error);
      });
      await client.query(writerSettings);
      await prepare(client);
      return opened;
    } catch (error) {
      opened.cut();
      throw error;
    }
  }

  #dropWriter(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.cut();
  }
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
