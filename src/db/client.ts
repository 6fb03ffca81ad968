import { setTimeout as delay } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { isConnectionLost, isTransactionConflict } from './errors.ts';
import * as schema from './schema/index.ts';

export type Database = NodePgDatabase<typeof schema>;

/** What `db.transaction` hands to its callback. Takes the place of a `Database` wherever no transaction is started. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface Connection {
  readonly db: Database;
  readonly pool: pg.Pool;
  /** Ends all connections once their queries are done. */
  close(): Promise<void>;
}

/** For a connection of the pool to become free, as much as for a new one. */
const connectTimeoutMs = 30_000;
const defaultPoolSize = 10;

/**
 * Opens a pool of connections to the platform's database; they are made when first used, and anew after being lost.
 *
 * @param options.poolSize the most connections at a time
 */
export function connect(url: string, options: { poolSize?: number } = {}): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? defaultPoolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'courseport',
  });
  // A connection that is lost (the server restarted) fails its query and is replaced at the next one. It also raises an
  // event, at the pool when idle and at the client when in use, that would end the process if nobody heard it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: drizzle(pool, { schema }), pool, close: () => pool.end() };
}

/** The pauses between attempts, about 6 s in all. */
const retryDelaysMs = [50, 100, 250, 500, 1_000, 2_000, 2_000];

/**
 * Runs work again when the connection was lost or its transaction met another one. The work has to be safe to repeat: it
 * reads, or it is one transaction whose second run finds what the first did.
 */
export async function withDatabaseRetry<T>(work: () => Promise<T>): Promise<T> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLost(error) && !isTransactionConflict(error)) throw error;
      await delay(delayMs);
    }
  }
  return work();
}
