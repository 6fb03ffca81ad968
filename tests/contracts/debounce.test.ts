import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import type { Call } from './support/call.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';

const debounced =
  (debounce: { period: `${number}s`; timeout?: `${number}s`; key?: string }) =>
  ({ client, event }: AppParts) => [
    client.createFunction(
      { id: 'fn', triggers: [{ event: event('go') }], debounce },
      async ({ event }) => event.data.n,
    ),
  ];

function waitForCalls(app: SdkApp, count: number): Promise<readonly Call[]> {
  return waitFor(() => (app.calls.length >= count ? app.calls : null), {
    what: `${count} calls`,
    timeoutMs: patienceMs,
  });
}

describe.concurrent('a debounce', () => {
  it('starts one run after the last event, with that event', async () => {
    const app = await startApp(debounced({ period: '2s' }));
    let lastMs = 0;

    for (const n of [1, 2, 3]) {
      lastMs = Date.now();
      await app.send({ name: 'go', data: { n } });
    }
    const [call] = await waitForCalls(app, 1);

    expect(call?.body.event.data.n).toBe(3);
    expect(call?.body.events).toHaveLength(1);
    expect((call?.receivedAtMs ?? 0) - lastMs).toBeGreaterThanOrEqual(1_900);
    expect(app.calls).toHaveLength(1);
  });

  it('starts another run for events after the first has started', async () => {
    const app = await startApp(debounced({ period: '1s' }));

    await app.send({ name: 'go', data: { n: 1 } });
    await waitForCalls(app, 1);
    await app.send({ name: 'go', data: { n: 2 } });
    const calls = await waitForCalls(app, 2);

    expect(calls.map((call) => call.body.event.data.n)).toEqual([1, 2]);
  });

  it('of a key counts for each of its values', async () => {
    const app = await startApp(debounced({ period: '2s', key: 'event.data.shop' }));

    await app.sendAll([
      { name: 'go', data: { shop: 'a', n: 1 } },
      { name: 'go', data: { shop: 'b', n: 2 } },
    ]);
    await app.send({ name: 'go', data: { shop: 'a', n: 3 } });
    const calls = await waitForCalls(app, 2);

    expect(calls.map((call) => call.body.event.data.n).sort()).toEqual([2, 3]);
  });

  it('waits no longer than its time-out', async () => {
    const app = await startApp(debounced({ period: '2s', timeout: '4s' }));

    let n = 0;
    for (const startMs = Date.now(); app.calls.length === 0 && Date.now() - startMs < patienceMs; ) {
      n += 1;
      await app.send({ name: 'go', data: { n } });
      await delay(700);
    }

    expect(app.calls).toHaveLength(1);
    expect(app.calls[0]?.body.event.data.n).toBeGreaterThan(1);
  });

  it('keeps the newest event by its time, also when an older one comes later', async () => {
    const app = await startApp(debounced({ period: '2s' }));
    const now = Date.now();

    await app.send({ name: 'go', data: { n: 'new' }, ts: now });
    await app.send({ name: 'go', data: { n: 'old' }, ts: now - 10_000 });
    const [call] = await waitForCalls(app, 1);

    expect(call?.body.event.data.n).toBe('new');
  });
});
