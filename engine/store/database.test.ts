import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
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

it.each([
  ['25006', 'takes no writes'],
  ['25P03', 'waited too long for its client'],
  ['25P04', 'took too long'],
  ['55P03', 'did not get a lock in time'],
  ['57014', 'was ended'],
])('a transaction that PostgreSQL ends with %s, as it %s, may succeed later', async (code) => {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());

  const refused = database.transaction((client) =>
    client.query(`do $$ begin raise exception using errcode = '${code}'; end $$`),
  );

  await expect(refused).rejects.toBeInstanceOf(DatabaseUnavailable);
});

describe('a read that takes too long', () => {
  const timeoutMs = 200;

  async function open() {
    const { url } = await createTestDatabase('empty');
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const database = await Database.open(url, logger, { timeoutMs });
    await query(url, 'create sequence tries');
    return { url, database, lines };
  }

  /** Takes a minute so many times, and then nothing. */
  const slowRead = "select pg_sleep(case when nextval('tries') <= $1 then 60 else 0 end), 'value' as value";

  it('is ended in PostgreSQL too, whatever limit the database sets', async () => {
    const { url, database } = await open();
    onTestFinished(() => database.close());
    await query(url, `alter database ${new URL(url).pathname.slice(1)} set statement_timeout = 0`);

    await expect(database.read(slowRead, [1])).rejects.toBeInstanceOf(DatabaseUnavailable);

    const isOver = async () =>
      (await query(url, `select from pg_stat_activity where wait_event = 'PgSleep'`)).length === 0;
    await waitFor(isOver, { what: 'the end of the statement' });
  });

  it('is repeated ever more rarely, with one warning that names it and not its values', async () => {
    const { database, lines } = await open();
    onTestFinished(() => database.close());
    const startedAt = performance.now();

    const rows = await database.readPatiently<{ value: string }>(slowRead, [3]);

    expect(rows).toMatchObject([{ value: 'value' }]);
    // Three pauses as long as the first would take 600 ms.
    expect(performance.now() - startedAt - 3 * timeoutMs).toBeGreaterThan(700);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, reason: expect.stringContaining('timeout'), statement: slowRead },
    ]);
  });

  it('is given up when the engine stops', async () => {
    const { database, lines } = await open();
    const read = database.readPatiently(slowRead, [1_000_000]);
    await waitFor(() => lines.length > 0, { what: 'the first failure' });

    await Promise.all([database.close(), expect(read).rejects.toBeInstanceOf(DatabaseUnavailable)]);
  });
});
