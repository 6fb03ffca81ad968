import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { AppError } from '../errors/app-error.ts';
import { toDatabaseError } from './errors.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any number will do that no other program uses in the same database: "courseport" in base 36, cut to 32 bits. */
const lockKey = Number.parseInt('courseport', 36) % 2 ** 31;

/**
 * Brings the database's tables up to date. Processes that start together do so one after the other, under an advisory
 * lock that ends with its connection, so a crash releases it. All new migrations are one transaction.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when a newer version of this program has been here, `DATABASE_UNAVAILABLE`,
 *   `DISK_FULL` or `DATABASE_FAILED` when the database does not let it happen
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'courseport migrations' });
  client.on('error', () => {}); // a lost connection shows in the query
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await refuseNewerDatabase(client);
    await applyMigrations(drizzle(client), { migrationsFolder });
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function refuseNewerDatabase(client: pg.Client): Promise<void> {
  const table = await client.query<{ name: string | null }>(
    "SELECT to_regclass('drizzle.__drizzle_migrations')::text AS name",
  );
  if (table.rows[0]?.name == null) return;

  const applied = await client.query<{ hash: string }>('SELECT hash FROM drizzle.__drizzle_migrations');
  const known = new Set(readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash));
  const unknown = applied.rows.filter(({ hash }) => !known.has(hash)).length;
  if (unknown === 0) return;

  throw new AppError({
    code: 'CONFIGURATION_INVALID',
    message: `Cannot use the database: ${unknown} of its ${applied.rows.length} migrations are unknown to this version of the program, start the newer version that made them`,
    publicMessage: 'The server is older than its database. Its operator has to start the newer version.',
    retry: 'never',
  });
}
