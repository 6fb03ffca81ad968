import { readdir, readFile } from 'node:fs/promises';
import type { ClientBase } from 'pg';

const folder = new URL('../migrations/', import.meta.url);

/** Serialises migrations of engines that start at the same time. Any constant will do. */
const migrationLock = 7_203_115;

/** Building an index on a long history takes its time. */
const migrationTimeoutMs = 3_600_000;

/** Brings the schema `engine` to the newest version. Each migration file is applied once, in the order of names. */
export async function migrate(client: ClientBase): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();

  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query('create schema if not exists engine');
    await client.query(
      'create table if not exists engine.migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const applied = await client.query<{ name: string }>('select name from engine.migrations');
    const done = new Set(applied.rows.map((row) => row.name));
    for (const name of files.filter((file) => !done.has(file))) {
      const text = await readFile(new URL(name, folder), 'utf8');
      const migration = { text, query_timeout: migrationTimeoutMs };
      await client.query(migration);
      await client.query('insert into engine.migrations (name) values ($1)', [name]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
