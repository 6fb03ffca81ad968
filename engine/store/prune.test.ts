import pg from 'pg';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { Database } from './database.ts';
import { Pruner } from './prune.ts';

const dayMs = 86_400_000;
const logger = pino({ level: 'silent' });

async function openHistory() {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, logger);
  onTestFinished(() => database.close());
  const limits = { historyMs: 30 * dayMs, historyCount: 1_000_000 };
  return { url, database, pruner: new Pruner({ database, limits, logger }) };
}

/** Another client of the database, in a transaction. */
async function beginTransaction(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('begin');
  return client;
}

function untilLocked(url: string): Promise<unknown> {
  const isLocked = async () => {
    const waiting = await query(
      url,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  };
  return waitFor(isLocked, { what: 'a statement that waits for a lock' });
}

it.each([
  ['idempotency', 'function_id, key, run_id, expires_at_ms', `gen_random_uuid(), 'key', 'run', 1`],
  ['rate_limits', 'function_id, key, empty_at_ms', `gen_random_uuid(), 'key', 1`],
  ['throttles', 'key, drained_at_ms', `'key', 1`],
])('an entry in %s that is renewed at the very moment of its deletion stays', async (table, columns, row) => {
  const { url, pruner } = await openHistory();
  const time = columns.split(', ').at(-1);
  await query(url, `insert into engine.${table} (${columns}) values (${row})`);
  const renewal = await beginTransaction(url);
  await renewal.query(`update engine.${table} set ${time} = $1`, [3 * dayMs]);

  const pruned = pruner.prune(2 * dayMs);
  await untilLocked(url);
  await renewal.query('commit');
  await pruned;

  expect(await query(url, `select key from engine.${table}`)).toEqual([{ key: 'key' }]);
  await pruner.prune(4 * dayMs);
  expect(await query(url, `select key from engine.${table}`)).toEqual([]);
});
