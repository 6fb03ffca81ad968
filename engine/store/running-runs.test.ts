import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { Database } from './database.ts';
import { findRunningRuns } from './running-runs.ts';

it('running runs are read as many at a time as their events fit into memory, one at least', async () => {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  const functionId = randomUUID();
  await query(
    url,
    `insert into engine.events (id, name, received_at_ms, payload) values ('e', 'e', 1, '{}')`,
  );
  await query(
    url,
    `insert into engine.runs (id, function_id, function_version, event_id, status, boot, event_bytes)
     select 'R' || n, '${functionId}', 1, 'e', case n when 2 then 'completed' else 'running' end, 1, case n when 4 then 500 else 40 end
     from generate_series(1, 8) as n`,
  );

  const pages: string[][] = [];
  let afterId = '';
  for (;;) {
    const range = { functionId, afterId, beforeId: 'R8' };
    const runs = await findRunningRuns(database, range, { runs: 3, bytes: 100 });
    if (runs.length === 0) break;
    pages.push(runs.map(({ id }) => id));
    afterId = runs.at(-1)?.id ?? '';
  }

  expect(pages).toEqual([['R1', 'R3'], ['R4'], ['R5', 'R6'], ['R7']]);
});
