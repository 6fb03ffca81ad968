import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { Database } from './database.ts';
import { findDueJobs, findWaitingJobs } from './due.ts';

const nothing = { held: [], gates: [] };

/** Queues starts of runs of a function. */
async function openDatabase() {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  const queue = async (functionId: string, prefix: string, count: number, columns = 'null, 0') => {
    await query(
      url,
      `insert into engine.runs (id, function_id, function_version, event_id, status, boot, event_bytes, due_at_ms, concurrency_1, attempt)
       select '${prefix}' || lpad(n::text, 5, '0'), '${functionId}', 1, 'e', 'running', 1, 10, 1000 + n, ${columns}
       from generate_series(1, ${count}) as n`,
    );
  };
  return { database, url, queue };
}

describe('due jobs', () => {
  it('come from each function that has some, the earliest first, what was begun apart from starts', async () => {
    const { database, queue } = await openDatabase();
    const [noisy, quiet] = [randomUUID(), randomUUID()];
    await queue(noisy, 'A', 20_000);
    await queue(noisy, 'B', 2, 'null, 1');
    await queue(quiet, 'C', 1);

    const jobs = await findDueJobs(database, {
      demands: [noisy, quiet].map((functionId) => ({ functionId, begun: 5, fresh: 3 })),
      untilMs: 5_000,
      without: { held: ['A00002'], gates: [] },
    });

    expect(jobs.map(({ runId }) => runId).sort()).toEqual([
      'A00001',
      'A00003',
      'A00004',
      'B00001',
      'B00002',
      'C00001',
    ]);
    expect(jobs.filter(({ isBegun }) => isBegun).map(({ runId }) => runId)).toEqual(['B00001', 'B00002']);
  });

  it('come without those of gates that are passed over, which are found by their gate', async () => {
    const { database, queue } = await openDatabase();
    const functionId = randomUUID();
    await queue(functionId, 'A', 5_000, `'full', 0`);
    await queue(functionId, 'B', 2, `'free', 0`);
    const demands = [{ functionId, begun: 5, fresh: 3 }];
    const gate = { functionId, gate: 'full' };

    const jobs = await findDueJobs(database, {
      demands,
      untilMs: 9_000,
      without: { held: [], gates: [gate] },
    });
    const [waiting] = await findWaitingJobs(database, {
      gates: [gate],
      limit: 2,
      untilMs: 9_000,
      without: nothing,
    });

    expect(jobs.map(({ runId }) => runId)).toEqual(['B00001', 'B00002']);
    expect(waiting?.jobs.map(({ runId }) => runId)).toEqual(['A00001', 'A00002']);
  });

  it('are read from indexes, however many others are queued', async () => {
    const { url, queue } = await openDatabase();
    await queue(randomUUID(), 'A', 20_000);
    const plan = await query(
      url,
      `explain select id from engine.runs where function_id = '${randomUUID()}' and due_at_ms is not null
       and due_at_ms <= 5000 and attempt = 0 order by due_at_ms, id limit 10`,
    );

    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('runs_due_fresh');
  });
});
