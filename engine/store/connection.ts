import { Socket } from 'node:net';
import pg from 'pg';

const jsonType = 114;
const bigintType = 20;
const connectTimeoutMs = 5_000;
/** PostgreSQL gives up before the driver does, so that it goes on with nothing that nobody waits for. */
const serverTimeoutShare = 0.9;

/** JSON columns are handed through as text; bigint columns hold milliseconds and counts, which fit a number. */
const types: pg.CustomTypesConfig = {
  getTypeParser(type: number, format?: 'text' | 'binary') {
    if (type === jsonType) return (value: string) => value;
    if (type === bigintType) return (value: string) => Number(value);
    return format === 'binary'
      ? pg.types.getTypeParser(type, 'binary')
      : pg.types.getTypeParser(type, 'text');
  },
};

/** A connection that can be cut at once, also when the other end has stopped answering. */
export interface CuttableClient {
  readonly client: pg.Client;
  /** Ends it without a word to the other end. */
  cut(): void;
}

/**
 * A connection that is not open yet.
 *
 * @param applicationName by which other connections know it in `pg_stat_activity`
 * @param timeoutMs a statement that has no answer by then fails; whether it was carried out is unknown
 */
export function createClient(
  databaseUrl: string,
  applicationName: string,
  timeoutMs: number,
): CuttableClient {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: databaseUrl,
    types,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    stream: () => socket,
  });
  return { client, cut: () => void socket.destroy() };
}

/** Connections that can be cut all at once. */
export interface CuttablePool {
  readonly pool: pg.Pool;
  cut(): void;
}

/**
 * Connections that are not open yet.
 *
 * @param timeoutMs PostgreSQL ends a statement that takes longer. Where it cannot be reached the driver gives up, and whether
 *   the statement was carried out is unknown.
 */
export function createPool(databaseUrl: string, timeoutMs: number): CuttablePool {
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    types,
    max: 4,
    application_name: 'courseport-engine-reader',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: Math.ceil(timeoutMs * serverTimeoutShare),
    keepAlive: true,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  });
  return {
    pool,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The database cannot be used at the moment. The same request may succeed later. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause: unknown) {
    super('Cannot reach the database: the connection failed, try again later', { cause });
  }
}

/** A connection to the database could not be opened. */
export class DatabaseNotOpened extends Error {
  override readonly name = 'DatabaseNotOpened';
  /** Where it should be, without credentials. */
  readonly address: string;
  readonly reason: string;

  constructor(databaseUrl: string, cause: unknown) {
    const address = addressOf(databaseUrl);
    const reason = reasonOf(cause);
    super(
      `Cannot reach the database at ${address}: ${reason}, check databaseUrl and whether PostgreSQL takes connections there`,
      { cause },
    );
    this.address = address;
    this.reason = reason;
  }
}

function addressOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'an address that is no URL';
  const { host, pathname } = new URL(databaseUrl);
  return host + pathname;
}

/** A name that leads to several addresses gives one error for each, and none of its own. */
function reasonOf(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : String(first);
}

/** PostgreSQL error classes: connection exception, transaction rollback, insufficient resources, operator intervention, system error. */
const passingClasses = ['08', '40', '53', '57', '58'];
/**
 * A server that takes no writes, as after a failover; a transaction that waited too long for its client, or took too long; a
 * lock that was not to be had in time.
 */
const passingCodes = ['25006', '25P03', '25P04', '55P03'];

/** Whether an error says that the database is away or unwell, and nothing about the statement itself. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (error instanceof DatabaseNotOpened) return isUnavailable(error.cause);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  // Errors of the driver about a lost or refused connection come with a system code or none at all.
  return isSqlState ? passingClasses.includes(code.slice(0, 2)) || passingCodes.includes(code) : true;
}
