import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate } from '../../tests/engine/engine-app.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { newId } from '../protocol/ids.ts';
import { Database } from '../store/database.ts';
import { RunCache } from './cache.ts';
import { jobId, type Run } from './run.ts';

const mebibyte = 1024 * 1024;

async function openCache(): Promise<RunCache> {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  return new RunCache(database, { maxBytes: 100 * mebibyte, maxPinnedBytes: 10 * mebibyte });
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
