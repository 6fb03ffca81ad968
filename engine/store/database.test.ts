import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { DatabaseUnavailable } from './connection.ts';
import { Database } from './database.ts';

it('a connection that is lost in a transaction, between two statements, fails that transaction and nothing else', async () => {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());

  const lost = database.transaction(async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await query(url, `select pg_terminate_backend(${rows[0]?.pid})`);
    await ended;
    await client.query('select 1');
  });

  await expect(lost).rejects.toBeInstanceOf(DatabaseUnavailable);
  const kept = await database.transaction((client) => client.query<{ two: number }>('select 2 as two'));
  expect(kept.rows).toEqual([{ two: 2 }]);
});
