import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { callsWhenQuiet } from './support/quiet.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';

type Debounce = NonNullable<Parameters<AppParts['client']['createFunction']>[0]['debounce']>;

function startDebounced(debounce: Debounce) {
  return startApp(({ client, event }) => [
    client.createFunction({ id: 'fn', triggers: [{ event: event('go') }], debounce }, async () => null),
  ]);
}

const seen = (app: SdkApp) => app.calls.map((call) => call.body.event.data.n);

describe.concurrent('a debounce', () => {
  it('starts one run with the last event, no sooner than its period after it', async () => {
    const app = await startDebounced({ period: '2s' });

    for (const n of [1, 2, 3]) await app.send({ name: 'go', data: { n } });
    const sentAtMs = Date.now();

    expect(await callsWhenQuiet(app, 'fn', 1)).toBe(1);
    expect(seen(app)).toEqual([3]);
    expect((app.calls[0]?.receivedAtMs ?? 0) - sentAtMs).toBeGreaterThanOrEqual(1_900);
  });

  it('keeps keys apart', async () => {
    const app = await startDebounced({ period: '1s', key: 'event.data.shop' });

    for (const [n, shop] of ['a', 'b', 'a', 'b'].entries()) await app.send({ name: 'go', data: { n, shop } });

    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
    expect(seen(app).toSorted()).toEqual([2, 3]);
  });

  it('ignores an event that is older by its own time', async () => {
    const app = await startDebounced({ period: '1s' });
    const nowMs = Date.now();

    await app.send({ name: 'go', ts: nowMs, data: { n: 'new' } });
    await app.send({ name: 'go', ts: nowMs - 10_000, data: { n: 'old' } });

    expect(await callsWhenQuiet(app, 'fn', 1)).toBe(1);
    expect(seen(app)).toEqual(['new']);
  });

  it('ends at its timeout while events keep coming', async () => {
    const app = await startDebounced({ period: '2s', timeout: '3s' });
    let n = 0;

    await waitFor(
      async () => {
        n += 1;
        await app.send({ name: 'go', data: { n } });
        await delay(300);
        return app.calls.length > 0;
      },
      { what: 'a run while events keep coming', timeoutMs: patienceMs },
    );

    expect(seen(app)[0]).toBeGreaterThan(1);
  });
});
