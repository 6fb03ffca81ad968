import { describe, expect, it } from 'vitest';
import { gate } from './support/gate.ts';
import { startApp } from './support/sdk-app.ts';

describe.concurrent('a priority', () => {
  it('lets a run go before others that are due about when it is', async () => {
    const release = gate();
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [{ event: event('go') }],
          concurrency: 1,
          priority: { run: 'event.data.urgent ? 120 : 0' },
        },
        async ({ event }) => {
          if (event.data.n === 0) await release.opened;
          return event.data.n;
        },
      ),
    ]);
    const first = await app.send({ name: 'go', data: { n: 0, urgent: false } });
    await app.runId(first);

    const ids = await app.sendAll([
      ...[1, 2, 3, 4].map((n) => ({ name: 'go', data: { n, urgent: false } })),
      { name: 'go', data: { n: 5, urgent: true } },
    ]);
    release.open();
    await Promise.all(ids.map((eventId) => app.ended(eventId)));

    const order = app.calls.map((call) => call.body.event.data.n);
    // The official server does not keep a strict order under contention.
    expect(order.indexOf(5)).toBeLessThan(4);
    expect(order).toHaveLength(6);
  });

  it('that fails, or is no number, does not keep a run from starting', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], priority: { run: 'event.data.nothing.at.all' } },
        async () => 'ran',
      ),
    ]);

    expect(await app.run({ name: 'go' })).toMatchObject({ status: 'COMPLETED', output: 'ran' });
  });
});
