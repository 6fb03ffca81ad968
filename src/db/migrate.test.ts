import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { migrate } from './migrate.ts';
import * as schema from './schema/index.ts';

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Every column, index and constraint of the schema "public", in words that can be compared. */
function describeTables(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ fact: string }>(`
      SELECT concat_ws(' ', table_name, column_name, data_type, datetime_precision, is_nullable, column_default,
                       generation_expression) AS fact
        FROM information_schema.columns WHERE table_schema = 'public'
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      ORDER BY 1`);
    return rows.map(({ fact }) => fact);
  });
}

describe('migrate', () => {
  it('makes the tables that the schema describes; if this fails, run "npm run db:generate"', async () => {
    const [migrated, described] = await Promise.all([
      createTestDatabase('empty'),
      createTestDatabase('empty'),
    ]);
    const statements = await generateMigration(generateDrizzleJson({}), generateDrizzleJson({ ...schema }));

    await migrate(migrated.url);
    await withClient(described.url, (client) => client.query(statements.join('\n')));

    const tables = await describeTables(migrated.url);
    expect(tables).toEqual(await describeTables(described.url));
    expect(tables.length).toBeGreaterThan(50);
  });

  it('lets many processes start at once', async () => {
    const { url } = await createTestDatabase('empty');

    await Promise.all(Array.from({ length: 5 }, () => migrate(url)));

    const applied = await withClient(url, (client) =>
      client.query<{ times: string }>(
        'SELECT count(*) AS times FROM drizzle.__drizzle_migrations GROUP BY hash',
      ),
    );
    expect(applied.rows.map((row) => row.times)).toContain('1');
    expect(new Set(applied.rows.map((row) => row.times))).toEqual(new Set(['1']));
  });

  it('changes nothing when all migrations are applied', async () => {
    const { url } = await createTestDatabase('platform');
    const before = await describeTables(url);

    await migrate(url);

    expect(await describeTables(url)).toEqual(before);
  });

  it('refuses a database that a newer version of the program has migrated', async () => {
    const { url } = await createTestDatabase('platform');
    await withClient(url, (client) =>
      client.query(
        "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of-the-future', 9999999999999)",
      ),
    );

    await expect(migrate(url)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('start the newer version'),
    });
  });

  it('says that the database is not reachable', async () => {
    await expect(migrate('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
