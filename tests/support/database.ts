import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { onScopeEnd } from './scope.ts';

export interface TestDatabase {
  readonly url: string;
  /** Removes it at once, disconnecting whoever still uses it. Not needed: it happens at the end of the test or file. */
  drop(): Promise<void>;
}

/**
 * A database of the caller's own, made in a few hundredths of a second from a template: `platform` has all migrations
 * applied, `empty` has nothing. Made inside a test it is dropped when that test has finished, after its hooks; made
 * anywhere else, when the test file has.
 */
export async function createTestDatabase(template: 'platform' | 'empty' = 'platform'): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runAsAdmin(`CREATE DATABASE ${name} TEMPLATE template_${template}`);

  const url = new URL(inject('databaseAdminUrl'));
  url.pathname = `/${name}`;
  const database = {
    url: url.href,
    drop: () => runAsAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
  onScopeEnd(database.drop);
  return database;
}

async function runAsAdmin(statement: string): Promise<void> {
  await query(inject('databaseAdminUrl'), statement);
}

/** Runs one statement on a connection of its own, and returns the rows. */
export async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
