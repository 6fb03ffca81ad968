import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { callsWhenQuiet } from './support/quiet.ts';
import { type AppParts, startApp } from './support/sdk-app.ts';

type Limit = NonNullable<Parameters<AppParts['client']['createFunction']>[0]['rateLimit']>;

function startLimited(rateLimit: Limit) {
  return startApp(({ client, event }) => [
    client.createFunction({ id: 'fn', triggers: [{ event: event('go') }], rateLimit }, async () => null),
  ]);
}

const events = (count: number, data = {}) => Array.from({ length: count }, () => ({ name: 'go', data }));

describe.concurrent('a rate limit', () => {
  // A leaky bucket of 1 + limit / 10 events.
  it.each([
    { limit: 1, admitted: 1 },
    { limit: 2, admitted: 1 },
    { limit: 10, admitted: 2 },
    { limit: 20, admitted: 3 },
  ])(
    'of $limit lets $admitted of many events at once start a run, and drops the others',
    async ({ limit, admitted }) => {
      const app = await startLimited({ limit, period: '10m' });

      await app.sendAll(events(6));

      expect(await callsWhenQuiet(app, 'fn', admitted)).toBe(admitted);
    },
  );

  it('of 2 in 6 s lets the next event pass after 3 s', async () => {
    const app = await startLimited({ limit: 2, period: '6s' });
    await app.sendAll(events(3));
    expect(await callsWhenQuiet(app, 'fn', 1)).toBe(1);

    await delay(3_000);
    await app.sendAll(events(3));

    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
  });

  it('counts for each key, and not at all for a key that is false', async () => {
    const app = await startLimited({
      limit: 1,
      period: '10m',
      key: 'event.data.shop == "free" ? false : event.data.shop',
    });

    for (const shop of ['a', 'a', 'b', 'b', 'free', 'free', 'free'])
      await app.send({ name: 'go', data: { shop } });

    expect(await callsWhenQuiet(app, 'fn', 5)).toBe(5);
    const shops = app.calls.map((call) => call.body.event.data.shop);
    expect(shops.toSorted()).toEqual(['a', 'b', 'free', 'free', 'free']);
  });
});

describe.concurrent('a function that is limited', () => {
  it('has its failures handled like any other', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          retries: 0,
          triggers: [{ event: event('go') }],
          rateLimit: { limit: 1, period: '10m' },
          onFailure: async () => 'handled',
        },
        async () => {
          throw new Error('no');
        },
      ),
    ]);

    const [first = ''] = await app.sendAll(events(1));
    const run = await app.ended(first, 'fn');
    await app.sendAll(events(1));

    expect(await app.ended(run.id, 'fn-failure')).toMatchObject({ output: 'handled' });
    expect(await callsWhenQuiet(app, 'fn-failure', 1)).toBe(1);
  });
});

describe.concurrent('the option idempotency', () => {
  it('starts one run for each value, also after that run has ended', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], idempotency: 'event.data.order' },
        async ({ event: { data } }) => data.order,
      ),
    ]);

    await app.run({ name: 'go', data: { order: 1 } });
    for (const order of [1, 2, 1]) await app.send({ name: 'go', data: { order } });

    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
    expect(app.calls.map((call) => call.body.event.data.order)).toEqual([1, 2]);
  });
});
