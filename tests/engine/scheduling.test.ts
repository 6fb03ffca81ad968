import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { createClient, gate, reserveApp, startTestBed } from './engine-app.ts';
import { startRestartable } from './restartable.ts';

describe('a function', () => {
  it('starts at once though another one hangs and has thousands of runs queued', async () => {
    const release = gate();
    let hanging = 0;
    const bed = await startTestBed({
      engine: { maxCallsInFlight: 20 },
      functions: (client) => [
        client.createFunction({ id: 'noisy', triggers: [{ event: 'shop/noisy' }] }, async () => {
          hanging += 1;
          await release.opened;
        }),
        client.createFunction({ id: 'quiet', triggers: [{ event: 'shop/quiet' }] }, async () => 'ran'),
      ],
    });
    const noise = { name: 'shop/noisy', data: {} };
    for (let n = 0; n < 6; n += 1) await bed.client.send(Array.from({ length: 1_000 }, () => noise));
    await waitFor(() => hanging >= 16, { what: 'calls that hang' });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/quiet' }));
    expect(run?.output).toBe('ran');
    expect(hanging).toBe(16);
    release.open();
    await waitFor(() => hanging > 200, { what: 'the others to go on' });
  });

  it('of another app starts though an app hangs', async () => {
    const release = gate();
    const bed = await startTestBed({
      engine: { maxCallsInFlight: 5 },
      functions: (client) =>
        ['one', 'two', 'three'].map((id) =>
          client.createFunction({ id, triggers: [{ event: 'shop/hang' }] }, async () => {
            await release.opened;
          }),
        ),
    });
    const other = await reserveApp();
    const client = createClient(bed.engine.url, { id: 'other' });
    await other.serve(client, [
      client.createFunction({ id: 'alive', triggers: [{ event: 'other/alive' }] }, async () => 'ran'),
    ]);
    await fetch(other.url, { method: 'PUT' });
    await bed.client.send(Array.from({ length: 50 }, () => ({ name: 'shop/hang', data: {} })));

    const [run] = await bed.endedRuns(await bed.send({ name: 'other/alive' }));

    expect(run?.output).toBe('ran');
    release.open();
  });
});

describe('a queue', () => {
  it('is in the order of priority', async () => {
    const release = gate();
    const order: string[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'ordered',
            triggers: [{ event: 'shop/ordered' }],
            concurrency: 1,
            priority: { run: 'event.data.seconds' },
          },
          async ({ event }) => {
            order.push(event.data.name);
            if (event.data.name === 'first') await release.opened;
          },
        ),
      ],
    });
    await bed.send({ name: 'shop/ordered', data: { name: 'first', seconds: 0 } });
    await waitFor(() => order.length === 1, { what: 'the first call' });

    const { ids } = await bed.client.send(
      [
        { name: 'plain', seconds: 0 },
        { name: 'soon', seconds: 60 },
        { name: 'later', seconds: -1 },
        { name: 'now', seconds: 1_000_000 },
        { name: 'nearly now', seconds: 599 },
      ].map((data) => ({ name: 'shop/ordered', data })),
    );
    await waitFor(
      async () => (await Promise.all(ids.map((id) => bed.runsOf(id)))).every((runs) => runs.length > 0),
      {
        what: 'all runs',
      },
    );
    release.open();
    await Promise.all(ids.map((id) => bed.endedRuns(id)));

    expect(order).toEqual(['first', 'now', 'nearly now', 'soon', 'plain', 'later']);
  });
});

describe('a throttle', () => {
  it('is remembered over a restart, and those that waited start in their turn', async () => {
    const starts: { shop: string; n: number; atMs: number }[] = [];
    const bed = await startRestartable((client) => [
      client.createFunction(
        {
          id: 'throttled',
          triggers: [{ event: 'shop/throttled' }],
          throttle: { limit: 1, period: '4s', key: 'event.data.shop' },
        },
        async ({ event }) => {
          starts.push({ shop: event.data.shop, n: event.data.n, atMs: Date.now() });
        },
      ),
    ]);
    const { ids } = await bed.client.send(
      [0, 1, 2].map((n) => ({ name: 'shop/throttled', data: { shop: 'a', n } })),
    );
    await bed.endedRuns(ids[0] ?? '');
    await bed.stop();
    await bed.start();
    await bed.endedRuns(await bed.send({ name: 'shop/throttled', data: { shop: 'b', n: 3 } }));
    await Promise.all(ids.map((id) => bed.endedRuns(id)));

    const ofA = starts.filter(({ shop }) => shop === 'a');
    expect(ofA.map(({ n }) => n)).toEqual([0, 1, 2]);
    const [first, second, third] = ofA.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(3_500);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(3_500);
  });
});
