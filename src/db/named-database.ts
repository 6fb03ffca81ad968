import pg from 'pg';

/** PostgreSQL: a database of that name exists already. */
const duplicateDatabase = '42P04';

/**
 * Makes a database of that name beside the one of `url` unless there is one.
 *
 * @returns the URL of the named database, with the same credentials: never log it
 */
export async function ensureDatabaseNamed(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === duplicateDatabase)) throw error;
  } finally {
    await client.end();
  }
  const named = new URL(url);
  named.pathname = `/${encodeURIComponent(name)}`;
  return named.href;
}
