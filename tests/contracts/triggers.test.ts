import { describe, expect, it } from 'vitest';
import { callsWhenQuiet } from './support/quiet.ts';
import { startApp } from './support/sdk-app.ts';

describe.concurrent('triggers', () => {
  it('start every function that has one with the name of the event, and no other', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'a', triggers: [{ event: event('go') }] }, async () => 'a'),
      client.createFunction(
        { id: 'b', triggers: [{ event: event('go') }, { event: event('x') }] },
        async () => 'b',
      ),
      client.createFunction({ id: 'c', triggers: [{ event: event('gone') }] }, async () => 'c'),
    ]);

    const eventId = await app.send({ name: 'go' });
    const outputs = await Promise.all(
      ['a', 'b'].map(async (name) => (await app.ended(eventId, name)).output),
    );
    await app.run({ name: 'gone' }, 'c');

    expect(outputs).toEqual(['a', 'b']);
    expect(app.calls).toHaveLength(3);
  });

  it('start only functions whose expression holds', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'rich', triggers: [{ event: event('paid'), if: 'event.data.total > 100' }] },
        async () => 'rich',
      ),
      client.createFunction({ id: 'every', triggers: [{ event: event('paid') }] }, async () => 'every'),
    ]);

    await app.run({ name: 'paid', data: { total: 10 } }, 'every');
    const big = await app.send({ name: 'paid', data: { total: 1_000 } });
    await app.ended(big, 'rich');
    await app.ended(big, 'every');

    expect(app.callsOf('rich')).toHaveLength(1);
  });

  it('with a wildcard match what begins as they do up to a "/" or "."', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'dotted', triggers: [{ event: event('order.*') }] }, async () => null),
      client.createFunction({ id: 'all', triggers: [{ event: event('*') }] }, async () => null),
    ]);

    for (const name of ['order.paid', 'order.paid.late', 'orders', 'order']) await app.send({ name });

    expect(await callsWhenQuiet(app, 'all', 4)).toBe(4);
    expect(
      app
        .callsOf('dotted')
        .map((call) => call.body.event.name)
        .toSorted(),
    ).toEqual([app.event('order.paid'), app.event('order.paid.late')]);
  });

  it('start a function once for an event, however many of them match', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [
            { event: event('go.now') },
            { event: event('go.*') },
            { event: event('*'), if: 'event.data.n == 1' },
          ],
        },
        async () => null,
      ),
    ]);

    await app.send({ name: 'go.now', data: { n: 1 } });
    await app.send({ name: 'stop', data: { n: 2 } });

    expect(await callsWhenQuiet(app, 'fn', 1)).toBe(1);
  });

  it('whose expression fails on an event do not match it', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go'), if: 'event.data.n.startsWith("x")' }] },
        async () => null,
      ),
    ]);

    for (const n of [1, 'y', 'x1']) await app.send({ name: 'go', data: { n } });

    expect(await callsWhenQuiet(app, 'fn', 1)).toBe(1);
    expect(app.calls[0]?.body.event.data).toEqual({ n: 'x1' });
  });
});
