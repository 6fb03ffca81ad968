import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, query, type TestDatabase } from './database.ts';

describe('test databases', () => {
  let shared: TestDatabase;
  let nameOfFinished: string;

  beforeAll(async () => {
    shared = await createTestDatabase('empty');
    await query(shared.url, 'CREATE TABLE notes (text text)');
  });

  it('are separate from each other', async () => {
    const own = await createTestDatabase('empty');
    nameOfFinished = new URL(own.url).pathname.slice(1);

    const tables = await query(own.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");

    expect(tables).toEqual([]);
  });

  it('are gone after their test, and live through the file when made in a hook', async () => {
    const names = (await query(shared.url, 'SELECT datname FROM pg_database')).map((row) => row.datname);

    expect(names).not.toContain(nameOfFinished);
    expect(names).toContain(new URL(shared.url).pathname.slice(1));
  });

  it('can be made many at once', async () => {
    const databases = await Promise.all(Array.from({ length: 8 }, () => createTestDatabase()));

    const answers = await Promise.all(databases.map(({ url }) => query(url, 'SELECT 1 AS one')));

    expect(answers).toEqual(databases.map(() => [{ one: 1 }]));
  });

  it('can be dropped while still in use', async () => {
    const database = await createTestDatabase('empty');
    const client = new pg.Client({ connectionString: database.url });
    const lost = new Promise((resolve) => client.on('error', resolve));
    await client.connect();

    await database.drop();

    await expect(lost).resolves.toBeInstanceOf(Error);
  });
});
