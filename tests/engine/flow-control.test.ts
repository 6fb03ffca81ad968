import { describe, expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { type createClient, gate, startTestBed, type TestBed } from './engine-app.ts';
import { startRestartable } from './restartable.ts';

/** An event of a batch, whose type the SDK does not tell. */
interface Noted {
  readonly id: string;
  readonly data: { readonly n: number; readonly text: string };
}

/** Sends events one after another. */
async function sendAll(
  bed: TestBed,
  name: string,
  dataOfAll: readonly Record<string, unknown>[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const data of dataOfAll) ids.push(await bed.send({ name, data }));
  return ids;
}

describe('a rate limit', () => {
  it('is remembered over a restart, and kept apart by key', async () => {
    const seen: unknown[] = [];
    const bed = await startRestartable((client) => [
      client.createFunction(
        {
          id: 'limited',
          triggers: [{ event: 'shop/limited' }],
          rateLimit: { limit: 1, period: '1h', key: 'event.data.shop' },
        },
        async ({ event }) => void seen.push(event.data),
      ),
    ]);
    const before = await sendAll(bed, 'shop/limited', [
      { shop: 'a', n: 1 },
      { shop: 'a', n: 2 },
    ]);
    await bed.endedRuns(before[0] ?? '');

    await bed.stop();
    await bed.start();
    const after = await sendAll(bed, 'shop/limited', [
      { shop: 'a', n: 3 },
      { shop: 'b', n: 4 },
      { shop: 'b', n: 5 },
      { shop: 'c', n: 6 },
    ]);
    await bed.endedRuns(after[3] ?? '');

    expect(seen).toEqual([
      { shop: 'a', n: 1 },
      { shop: 'b', n: 4 },
      { shop: 'c', n: 6 },
    ]);
    expect(await bed.runsOf(after[0] ?? '')).toEqual([]);
  });

  it('by the option idempotency runs each key once, and a key that is false always', async () => {
    const seen: unknown[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'once',
            triggers: [{ event: 'shop/once' }],
            idempotency: 'event.data.order == 0 ? false : event.data.order',
          },
          async ({ event }) => void seen.push(event.data.order),
        ),
      ],
    });

    const ids = await sendAll(
      bed,
      'shop/once',
      [1, 1, 0, 0, 2].map((order) => ({ order })),
    );
    await bed.endedRuns(ids[4] ?? '');

    await waitFor(() => seen.length >= 4, { what: 'four runs' });
    expect(seen.toSorted()).toEqual([0, 0, 1, 2]);
  });
});

describe('a debounce', () => {
  it('that waits when the engine stops ends its wait afterwards, with the newest event', async () => {
    const seen: unknown[] = [];
    const bed = await startRestartable((client) => [
      client.createFunction(
        {
          id: 'calm',
          triggers: [{ event: 'shop/calm' }],
          debounce: { period: '2s', key: 'event.data.shop' },
        },
        async ({ event }) => void seen.push(event.data),
      ),
    ]);
    const ids = await sendAll(bed, 'shop/calm', [
      { shop: 'a', n: 1 },
      { shop: 'b', n: 2 },
      { shop: 'a', n: 3 },
    ]);

    await bed.stop();
    await bed.start();
    expect(seen).toEqual([]);
    await bed.endedRuns(ids[2] ?? '');
    await bed.endedRuns(ids[1] ?? '');

    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        { shop: 'a', n: 3 },
        { shop: 'b', n: 2 },
      ]),
    );
    expect(await bed.runsOf(ids[0] ?? '')).toEqual([]);
  });

  it('keeps its event, though the history is not kept that long', async () => {
    const bed = await startRestartable((client) => [
      client.createFunction(
        { id: 'calm', triggers: [{ event: 'shop/calm' }], debounce: { period: '2s' } },
        async ({ event }) => event.data.n,
      ),
    ]);
    const id = await bed.send({ name: 'shop/calm', data: { n: 7 } });

    await bed.stop();
    await bed.start({ historyMs: 1 });

    expect(await bed.endedRuns(id)).toMatchObject([{ output: 7 }]);
  });

  it('ends at its timeout while events keep coming, and begins anew with the next', async () => {
    const seen: number[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'busy',
            triggers: [{ event: 'shop/busy' }],
            debounce: { period: '1s', timeout: '2s' },
          },
          async ({ event }) => void seen.push(event.data.n),
        ),
      ],
    });

    let n = 0;
    await waitFor(
      async () => {
        n += 1;
        await bed.send({ name: 'shop/busy', data: { n } });
        return seen.length > 0;
      },
      { what: 'a run while events keep coming' },
    );
    await waitFor(() => seen.length === 2, { what: 'a run with the last event' });

    expect(seen[0]).toBeLessThan(n);
    expect(seen[1]).toBe(n);
  });
});

describe('a batch', () => {
  it('loses and doubles nothing when the engine stops with some of it collected', async () => {
    const batches: number[][] = [];
    const bed = await startRestartable((client) => [
      client.createFunction(
        {
          id: 'batched',
          triggers: [{ event: 'shop/batched' }],
          batchEvents: { maxSize: 4, timeout: '2s' },
        },
        async ({ events, step }) =>
          await step.run('note', () => {
            batches.push(events.map((event: Noted) => event.data.n));
            return events.length;
          }),
      ),
    ]);

    const before = await sendAll(
      bed,
      'shop/batched',
      [0, 1, 2, 3, 4, 5].map((n) => ({ n })),
    );
    await bed.stop();
    await bed.start();
    const after = await sendAll(
      bed,
      'shop/batched',
      [6, 7, 8].map((n) => ({ n })),
    );
    const runs = await Promise.all([...before, ...after].map((id) => bed.endedRuns(id)));

    expect(batches.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(batches[0]).toEqual([0, 1, 2, 3]);
    expect(new Set(runs.flat().map((run) => run.run_id)).size).toBe(batches.length);
    expect(runs.flat().every((run) => run.status === 'Completed')).toBe(true);
  });

  it('that is too large for a call is fetched by the app, and its end tells of all its events', async () => {
    let length = 0;
    const told: { events: number }[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'large', triggers: [{ event: 'shop/large' }], batchEvents: { maxSize: 3, timeout: '600s' } },
          async ({ events, step }) => {
            await step.run('measure', () => {
              length = events.reduce((sum: number, event: Noted) => sum + event.data.text.length, 0);
            });
          },
        ),
        client.createFunction(
          { id: 'listener', triggers: [{ event: 'inngest/function.finished' }] },
          async ({ event }) => {
            if (event.data.function_id === 'shop-large') told.push({ events: event.data.events.length });
          },
        ),
      ],
    });

    const ids = await sendAll(
      bed,
      'shop/large',
      ['a', 'b', 'c'].map((letter) => ({ text: letter.repeat(2_500_000) })),
    );
    const [run] = await bed.endedRuns(ids[2] ?? '');
    await waitFor(() => told.length > 0, { what: 'the event about its end' });

    expect(run?.status).toBe('Completed');
    expect(length).toBe(7_500_000);
    expect(told).toEqual([{ events: 3 }]);
  });

  it('takes an event with an id of its sender once', async () => {
    const seen: unknown[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'batched',
            triggers: [{ event: 'shop/batched' }],
            batchEvents: { maxSize: 2, timeout: '600s' },
          },
          async ({ events }) => void seen.push(events.map((event: Noted) => event.id)),
        ),
      ],
    });

    await bed.send({ name: 'shop/batched', id: 'order-1' });
    await bed.send({ name: 'shop/batched', id: 'order-1' });
    await bed.endedRuns(await bed.send({ name: 'shop/batched', id: 'order-2' }));

    expect(seen).toEqual([['order-1', 'order-2']]);
  });
});

describe('a singleton', () => {
  const singleton =
    (mode: 'skip' | 'cancel', opened: Promise<void>, ended: unknown[]) =>
    (client: ReturnType<typeof createClient>) => [
      client.createFunction(
        {
          id: 'single',
          triggers: [{ event: 'shop/single' }],
          singleton: { mode, key: 'event.data.shop == "free" ? false : event.data.shop' },
        },
        async ({ event, step }) => {
          await step.run('work', () => opened);
          await step.run('end', () => void ended.push(event.data.n));
        },
      ),
    ];

  it('skips events while a run is active, also after a restart, and not afterwards', async () => {
    const release = gate();
    const ended: unknown[] = [];
    const bed = await startRestartable(singleton('skip', release.opened, ended));
    const ids = await sendAll(bed, 'shop/single', [
      { n: 1, shop: 'a' },
      { n: 2, shop: 'a' },
      { n: 3, shop: 'b' },
      { n: 4, shop: 'free' },
      { n: 5, shop: 'free' },
    ]);
    await bed.endedRuns(ids[1] ?? '');

    await bed.stop();
    await bed.start();
    const afterRestart = await bed.send({ name: 'shop/single', data: { n: 6, shop: 'a' } });
    const [skipped] = await bed.endedRuns(afterRestart);
    release.open();
    for (const id of ids) await bed.endedRuns(id);
    const [last] = await bed.endedRuns(await bed.send({ name: 'shop/single', data: { n: 7, shop: 'a' } }));

    expect(skipped?.status).toBe('Skipped');
    expect(last?.status).toBe('Completed');
    expect(ended.toSorted()).toEqual([1, 3, 4, 5, 7]);
  });

  it('in the mode cancel leaves only the newest of many events', async () => {
    const release = gate();
    const ended: unknown[] = [];
    const bed = await startTestBed({ functions: singleton('cancel', release.opened, ended) });

    const { ids } = await bed.client.send(
      Array.from({ length: 20 }, (_, n) => ({ name: 'shop/single', data: { n, shop: 'a' } })),
    );
    for (const id of ids.slice(0, -1)) {
      expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Cancelled' }]);
    }
    release.open();
    await bed.endedRuns(ids.at(-1) ?? '');

    expect(ended).toEqual([19]);
  });
});

describe('an invoked function', () => {
  it('that is rate limited, skipped or debounced away fails the step that invoked it, and says so', async () => {
    const release = gate();
    const bed = await startTestBed({
      functions: (client) => {
        const limited = client.createFunction(
          { id: 'limited', triggers: [], rateLimit: { limit: 1, period: '1h' } },
          async () => 'ran',
        );
        const single = client.createFunction(
          { id: 'single', triggers: [], singleton: { mode: 'skip' } },
          async ({ step }) => await step.run('work', () => release.opened),
        );
        const calm = client.createFunction(
          { id: 'calm', triggers: [], debounce: { period: '1s' } },
          async ({ event }) => (event.data as { n?: number }).n,
        );
        const batched = client.createFunction(
          { id: 'batched', triggers: [], batchEvents: { maxSize: 2, timeout: '600s' } },
          async ({ events }) => events.length,
        );
        const caller = client.createFunction(
          { id: 'caller', triggers: [{ event: 'shop/call' }] },
          async ({ event, step }) => {
            const callee = { limited, single, calm, batched }[event.data.callee as 'limited'];
            const invoke = (n: number) =>
              step
                .invoke(`invoke-${n}`, { function: callee, data: { n } })
                .then((value: unknown) => value)
                .catch((error: Error) => error.message);
            return await Promise.all([invoke(0), invoke(1)]);
          },
        );
        return [limited, single, calm, batched, caller];
      },
    });
    const outputOf = async (callee: string) => {
      const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call', data: { callee } }));
      return run?.output;
    };

    const limited = outputOf('limited');
    const calm = outputOf('calm');
    const batched = outputOf('batched');
    const single = outputOf('single');
    expect(await limited).toEqual(['ran', 'invoked function is rate limited']);
    expect(await calm).toEqual([expect.stringContaining('debounced'), 1]);
    expect(await batched).toEqual([2, 2]);
    release.open();
    expect(await single).toEqual([null, expect.stringContaining('skipped')]);
  });
});

describe('cancelling', () => {
  it('finds the run of an event that was received before, though it had to pass flow control', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'limited',
            triggers: [{ event: 'shop/started' }],
            rateLimit: { limit: 1_000, period: '1s' },
            cancelOn: [{ event: 'shop/stopped' }],
          },
          async ({ step }) => await step.sleep('long', '1h'),
        ),
      ],
    });

    const { ids } = await bed.client.send([
      ...Array.from({ length: 50 }, () => ({ name: 'shop/started' })),
      { name: 'shop/stopped' },
    ]);

    for (const id of ids.slice(0, -1)) {
      expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Cancelled' }]);
    }
  });
});

describe('timeouts', () => {
  it('cancel a run that sleeps past its time to finish, also after a restart', async () => {
    const bed = await startRestartable((client) => [
      client.createFunction(
        { id: 'sleeper', triggers: [{ event: 'shop/sleep' }], timeouts: { finish: '2s' } },
        async ({ step }) => await step.sleep('long', '1h'),
      ),
      client.createFunction(
        { id: 'quick', triggers: [{ event: 'shop/sleep' }], timeouts: { finish: '2s' } },
        async () => 'done',
      ),
    ]);
    const id = await bed.send({ name: 'shop/sleep' });
    await waitFor(async () => (await bed.runsOf(id)).some((run) => run.status === 'Completed'), {
      what: 'the quick run',
    });

    await bed.stop();
    await bed.start();
    const runs = await bed.endedRuns(id, 2);

    expect(runs.map((run) => run.status).toSorted()).toEqual(['Cancelled', 'Completed']);
  });

  it('cancel a run that waits too long for its start, and not one that has started', async () => {
    const release = gate();
    const started = gate();
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'queue', triggers: [{ event: 'shop/queue' }], concurrency: 1, timeouts: { start: '1s' } },
          async ({ step }) =>
            await step.run('work', async () => {
              started.open();
              await release.opened;
            }),
        ),
      ],
    });
    const first = await bed.send({ name: 'shop/queue' });
    await started.opened;

    const [late] = await bed.endedRuns(await bed.send({ name: 'shop/queue' }));
    release.open();
    const [run] = await bed.endedRuns(first);

    expect([run?.status, late?.status]).toEqual(['Completed', 'Cancelled']);
  });

  it('hold when the database is back also for runs that it stored without an answer to the engine', async () => {
    const { url } = await createTestDatabase('empty');
    const bed = await startTestBed({
      engine: { databaseUrl: url },
      functions: (client) => [
        client.createFunction(
          { id: 'later', triggers: [{ event: 'shop/later' }], timeouts: { start: '1h' } },
          async () => null,
        ),
      ],
    });
    const id = await bed.send({ name: 'shop/later', ts: Date.now() + 3_600_000 });
    await query(url, 'update engine.runs set deadline_at_ms = 1');

    await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );

    expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Cancelled' }]);
  });
});
