import pg from 'pg';

const jsonType = 114;
const bigintType = 20;
const connectTimeoutMs = 5_000;

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

export function createClient(databaseUrl: string): pg.Client {
  return new pg.Client({
    connectionString: databaseUrl,
    types,
    application_name: 'courseport-engine-writer',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
}

export function createPool(databaseUrl: string): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    types,
    max: 4,
    application_name: 'courseport-engine-reader',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
}

/** The database cannot be used at the moment. The same request may succeed later. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause: unknown) {
    super('Cannot reach the database: the connection failed, try again later', { cause });
  }
}

/** PostgreSQL error classes: connection exception, transaction rollback, insufficient resources, operator intervention, system error. */
const passingClasses = ['08', '40', '53', '57', '58'];
/** A server that takes no writes, as after a failover. */
const readOnly = '25006';

/** Whether an error says that the database is away or unwell, and nothing about the statement itself. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  // Errors of the driver about a lost or refused connection come with a system code or none at all.
  return isSqlState ? passingClasses.includes(code.slice(0, 2)) || code === readOnly : true;
}
