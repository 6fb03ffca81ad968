import type pg from 'pg';
import type { Logger } from 'pino';
import { createClient, createPool, DatabaseUnavailable, isUnavailable } from './connection.ts';
import { migrate } from './migrate.ts';
import type { Statement } from './statement.ts';
import type { WriteConnection } from './writer.ts';

/** Only one engine works on a database at a time. Any constant will do. */
const engineLock = 7_203_116;

const lockPollMs = 200;
/** A killed engine's lock is released as soon as PostgreSQL notices the broken connection. */
const lockWaitMs = 5_000;
const reconnectDelayMs = 200;

/**
 * Statements of the writer touch rows by key. Without statistics on a young table PostgreSQL would plan scans of whole
 * tables and keep such plans for prepared statements.
 */
const writerSettings = `
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off;
  set enable_hashjoin = off;
  set enable_mergejoin = off;
  set statement_timeout = 0;
`;

/**
 * The engine's connections: one that writes, a few that read.
 *
 * The lock that keeps a second engine away is held by the connection that writes. Whoever lost the lock cannot write.
 */
export class Database implements WriteConnection {
  readonly #databaseUrl: string;
  readonly #logger: Logger;
  readonly #pool: pg.Pool;
  #writer: pg.Client | null = null;
  #boot = 0;
  #isClosed = false;

  private constructor(databaseUrl: string, logger: Logger) {
    this.#databaseUrl = databaseUrl;
    this.#logger = logger;
    this.#pool = createPool(databaseUrl);
    // Without a listener the loss of an idle connection would end the process. Queries report it to their callers.
    this.#pool.on('error', (error) =>
      logger.debug({ reason: error.message }, 'Lost an idle database connection'),
    );
  }

  /**
   * Connects, migrates the schema and takes the engine's lock.
   *
   * @throws {Error} when the database cannot be reached or another engine keeps the lock
   */
  static async open(databaseUrl: string, logger: Logger): Promise<Database> {
    const database = new Database(databaseUrl, logger);
    try {
      const client = await database.#connect();
      await migrate(client);
      await waitForLock(client);
      database.#boot = await startBoot(client);
      database.#writer = client;
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

  async read<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      const result = await this.#pool.query<R>(text, [...values]);
      return result.rows;
    } catch (error) {
      throw isUnavailable(error) ? new DatabaseUnavailable(error) : error;
    }
  }

  /** Reads, and keeps trying while the database is away. For what the engine itself waits for. */
  async readPatiently<R extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<readonly R[]> {
    for (;;) {
      try {
        return await this.read<R>(text, values);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || this.#isClosed) throw error;
        await delay(reconnectDelayMs);
      }
    }
  }

  async write(statement: Statement): Promise<readonly string[]> {
    if (this.#writer === null) throw new DatabaseUnavailable('not connected');
    const result = await this.#writer.query<{ id: string }>({
      name: statement.name,
      text: statement.text,
      values: [...statement.values],
    });
    return result.rows.map((row) => row.id);
  }

  /** For rare changes outside the writer's batches, such as a registration. They hold no rows that batches touch. */
  async transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw new DatabaseUnavailable(error);
    });
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      client.release(isUnavailable(error));
      throw isUnavailable(error) ? new DatabaseUnavailable(error) : error;
    }
  }

  async reconnect(): Promise<void> {
    await this.#dropWriter();
    for (;;) {
      if (this.#isClosed) throw new Error('Cannot reach the database: the engine is stopping');
      try {
        const client = await this.#connect();
        await waitForLock(client);
        await this.#assertNobodyElseStarted(client);
        this.#writer = client;
        return;
      } catch (error) {
        if (!isUnavailable(error) || error instanceof LockTaken) throw error;
        await delay(reconnectDelayMs);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#dropWriter();
    await this.#pool.end();
  }

  async #connect(): Promise<pg.Client> {
    const client = createClient(this.#databaseUrl);
    client.on('error', (error) =>
      this.#logger.debug({ reason: error.message }, 'Lost the writing connection'),
    );
    try {
      await client.connect();
      await client.query(writerSettings);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  async #dropWriter(): Promise<void> {
    const client = this.#writer;
    this.#writer = null;
    await client?.end().catch(() => undefined);
  }

  /** While we were away another engine may have worked on the database and stopped; what we know is outdated then. */
  async #assertNobodyElseStarted(client: pg.Client): Promise<void> {
    const result = await client.query<{ newest: number }>('select max(number) as newest from engine.boots');
    if (result.rows[0]?.newest !== this.#boot) throw new LockTaken();
  }
}

class LockTaken extends Error {
  override readonly name = 'LockTaken';

  constructor() {
    super('Cannot use the database: another engine works on it, stop that one first or use another database');
  }
}

async function waitForLock(client: pg.Client): Promise<void> {
  const deadlineMs = Date.now() + lockWaitMs;
  for (;;) {
    const result = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      engineLock,
    ]);
    if (result.rows[0]?.taken === true) return;
    if (Date.now() > deadlineMs) {
      await client.end();
      throw new LockTaken();
    }
    await delay(lockPollMs);
  }
}

async function startBoot(client: pg.Client): Promise<number> {
  const result = await client.query<{ number: number }>(
    'insert into engine.boots default values returning number',
  );
  return result.rows[0]?.number ?? 0;
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
