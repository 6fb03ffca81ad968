import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate } from '../../tests/engine/engine-app.ts';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { newId } from '../protocol/ids.ts';
import { Database } from '../store/database.ts';
import { RunCache } from './cache.ts';
import { jobId, type Run } from './run.ts';

const mebibyte = 1024 * 1024;

async function openCache(): Promise<RunCache> {
  return (await openCacheWithUrl()).cache;
}

async function openCacheWithUrl(): Promise<{ cache: RunCache; url: string }> {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  const cache = new RunCache(database, { maxBytes: 100 * mebibyte, maxPinnedBytes: 10 * mebibyte });
  return { cache, url };
}

async function store(url: string, run: Run): Promise<void> {
  await query(
    url,
    `insert into engine.events (id, name, received_at_ms, payload) values ('${run.eventId}', 'e', 1, '{}')`,
  );
  await query(
    url,
    `insert into engine.runs (id, function_id, function_version, event_id, status, boot, event_bytes, due_at_ms)
     values ('${run.id}', '${run.functionId}', 1, '${run.eventId}', 'running', 1, 2, 1)`,
  );
}

function newRun(stateBytes: number): Run {
  const id = newId();
  return {
    id,
    functionId: '00000000-0000-4000-8000-000000000001',
    functionVersion: 1,
    eventId: newId(),
    event: '{}',
    eventBytes: 2,
    batch: null,
    concurrency: [],
    steps: new Map(),
    stack: [],
    stateBytes,
    notedStateBytes: stateBytes,
    status: 'running',
    job: { id: jobId(id, { number: 0 }), stepId: null, dueAtMs: 1, attempt: 0, generation: 0 },
    jobNumber: 0,
    requestVersion: -1,
    planned: false,
    rediscover: false,
    output: null,
    error: null,
    endedAtMs: null,
    startedAtMs: null,
    deadlineAtMs: null,
    throttleKey: null,
    defers: {},
  };
}

describe('runs in memory', () => {
  it('are used, when they are large, only as many at once as there is room for', async () => {
    const cache = await openCache();
    const large = Array.from({ length: 9 }, () => newRun(3 * mebibyte));
    for (const run of large) cache.add(run);
    const release = gate();
    let used = 0;
    let most = 0;

    const works = large.map((run) =>
      cache.admit(run.id, { appId: 'app', bytes: 0 }, async () => {
        used += 1;
        most = Math.max(most, used);
        await release.opened;
        await new Promise((resolve) => setImmediate(resolve));
        used -= 1;
      }),
    );
    release.open();
    await Promise.all(works);

    expect(most).toBe(2);
  });

  it('do not wait for large ones when they are small', async () => {
    const cache = await openCache();
    const [first, second, small] = [newRun(6 * mebibyte), newRun(6 * mebibyte), newRun(100)];
    for (const run of [first, second, small]) cache.add(run);
    const release = gate();
    const order: string[] = [];
    const use = (run: Run, name: string) =>
      cache.admit(run.id, { appId: 'app', bytes: 0 }, async () => {
        order.push(name);
        if (name === 'first') await release.opened;
      });

    const firstDone = use(first, 'first');
    await waitFor(() => order.length === 1, { what: 'the first large run' });
    const secondDone = use(second, 'second');
    await use(small, 'small');
    release.open();
    await Promise.all([firstDone, secondDone]);

    expect(order).toEqual(['first', 'small', 'second']);
  });

  it('of one app leave room for those of others, whatever waits for it', async () => {
    const cache = await openCache();
    const release = gate();
    const called: string[] = [];
    const call = (appId: string, stateBytes: number) => {
      const run = newRun(stateBytes);
      cache.add(run);
      return cache.admit(run.id, { appId, bytes: 0 }, async () => {
        called.push(appId);
        await release.opened;
      });
    };

    const slow = Array.from({ length: 20 }, () => call('slow', mebibyte));
    const huge = call('huge', 5 * mebibyte);
    const quick = call('quick', mebibyte);
    await waitFor(() => called.includes('quick'), { what: 'the call of another app' });
    expect(called).not.toContain('huge');
    release.open();
    await Promise.all([...slow, huge, quick]);

    expect(called.filter((appId) => appId === 'slow')).toHaveLength(20);
  });

  it('get their room though they are large, while an app with more goes on taking what becomes free', async () => {
    const cache = await openCache();
    const called: string[] = [];
    const call = (appId: string, stateBytes: number) => {
      const run = newRun(stateBytes);
      cache.add(run);
      return cache.admit(run.id, { appId, bytes: 0 }, async () => {
        called.push(appId);
        await new Promise((resolve) => setImmediate(resolve));
      });
    };

    const busy = Array.from({ length: 40 }, () => call('busy', mebibyte));
    await Promise.all([...busy, call('huge', 5 * mebibyte)]);

    expect(called.indexOf('huge')).toBeLessThan(20);
  });

  it('are not too many at once when many are changed', async () => {
    const cache = await openCache();
    const runs = Array.from({ length: 120 }, () => newRun(100));
    for (const run of runs) cache.add(run);
    let used = 0;
    let most = 0;

    const works = runs.map((run) =>
      cache.change(run.id, async () => {
        used += 1;
        most = Math.max(most, used);
        await new Promise((resolve) => setImmediate(resolve));
        used -= 1;
      }),
    );
    await Promise.all(works);

    expect(most).toBe(50);
  });

  it('do not come back as they were read, when they have ended while they were being read', async () => {
    const { cache, url } = await openCacheWithUrl();
    const run = newRun(0);
    await store(url, run);
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    onTestFinished(() => blocker.end());
    await blocker.query('begin');
    await blocker.query('lock table engine.steps in access exclusive mode');

    const prefetched = cache.prefetch([run.id]);
    const isBlocked = 'select from pg_locks where not granted';
    await waitFor(async () => (await query(url, isBlocked)).length > 0, { what: 'the reading of the run' });
    cache.add(run);
    await cache.use(run.id, async () => {
      await query(
        url,
        `update engine.runs set status = 'completed', due_at_ms = null where id = '${run.id}'`,
      );
      run.status = 'completed';
    });
    const used = cache.use(run.id, async ({ status }) => status);
    await blocker.query('commit');
    await prefetched;

    expect(await used).toBe('completed');
    expect(cache.peek(run.id)).toBeUndefined();
  });

  it('say that there is too much of them when they have grown in use', async () => {
    const cache = await openCache();
    const run = newRun(100);
    cache.add(run);
    const states: boolean[] = [];

    await cache.use(run.id, async () => {
      states.push(cache.isOverfull);
      run.stateBytes = 21 * mebibyte;
      cache.noteGrowth(run);
      states.push(cache.isOverfull);
    });

    expect([...states, cache.isOverfull]).toEqual([false, true, false]);
  });
});
