import pg from 'pg';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { Database } from './database.ts';
import { Pruner } from './prune.ts';

const dayMs = 86_400_000;

async function openHistory(historyCount = 1_000) {
  const { url } = await createTestDatabase('empty');
  const warnings: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const database = await Database.open(url, logger);
  onTestFinished(() => database.close());
  const limits = { historyMs: 30 * dayMs, historyCount };
  return { url, warnings, pruner: new Pruner({ database, limits, logger }) };
}

const throttle = `insert into engine.throttles (key, drained_at_ms) values ('key', 1)`;

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

it('an event that is kept is looked at once, however many others are deleted', async () => {
  const { url, pruner } = await openHistory(0);
  // The last one is kept too: planning reads what is deleted at an end of the index.
  const isKept = 'n <= 6000 or n = 12000';
  // Tables as small as these would be read as a whole, and sorted.
  const name = new URL(url).pathname.slice(1);
  for (const method of ['seqscan', 'bitmapscan', 'sort'])
    await query(url, `alter database ${name} set enable_${method} = off`);
  await query(
    url,
    `insert into engine.events (id, name, received_at_ms, payload)
     select n::text, 'shop/order', n / 10, '{}' from generate_series(1, 12000) n`,
  );
  await query(
    url,
    `insert into engine.runs (id, function_id, function_version, event_id, status, boot, event_bytes)
     select n::text, gen_random_uuid(), 1, n::text, 'running', 1, 2
     from generate_series(1, 12000) n where ${isKept}`,
  );
  await query(url, 'analyze');

  await pruner.prune(40 * dayMs);

  // A connection that ends tells what it has not told yet.
  await query(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'courseport-engine-reader'`,
  );
  const reads = await waitFor(
    async () => {
      const [index] = await query(
        url,
        `select idx_tup_read::integer as reads from pg_stat_user_indexes where indexrelname = 'events_received'`,
      );
      return Number(index?.reads) >= 12_000 ? Number(index?.reads) : null;
    },
    { what: 'the statistics' },
  );
  expect(reads).toBeLessThan(14_000);
  const left = await query(
    url,
    `select count(*)::integer, bool_and(${isKept}) as "areKept" from (select id::integer as n from engine.events) e`,
  );
  expect(left).toEqual([{ count: 6_001, areKept: true }]);
});

it('what cannot be deleted is logged and does not keep the rest', async () => {
  const { url, warnings, pruner } = await openHistory();
  await query(url, 'alter table engine.runs rename to moved');
  await query(url, throttle);

  await pruner.prune(dayMs);

  expect(await query(url, 'select key from engine.throttles')).toEqual([]);
  expect(warnings.map((line) => JSON.parse(line).table)).toEqual(['runs', 'events']);
});

it('no deletion begins while an earlier one is under way', async () => {
  const { url, pruner } = await openHistory();
  await query(url, throttle);
  const other = await beginTransaction(url);
  await other.query('select from engine.throttles for update');
  const first = pruner.prune(dayMs);
  await untilLocked(url);

  await pruner.prune(dayMs);

  await other.query('commit');
  await first;
  expect(await query(url, 'select key from engine.throttles')).toEqual([]);
});
