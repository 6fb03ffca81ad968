import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import type { Call } from './support/call.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { waitForEnd } from './support/server-api.ts';

const batched =
  (batchEvents: { maxSize: number; timeout: `${number}s`; key?: string; if?: string }) =>
  ({ client, event }: AppParts) => [
    client.createFunction(
      { id: 'fn', triggers: [{ event: event('go') }], batchEvents },
      async ({ events, step }) => {
        await step.run('look', () => null);
        return events.map(({ data }) => data.n);
      },
    ),
  ];

function numbered(numbers: readonly number[], data: Record<string, unknown> = {}) {
  return numbers.map((n) => ({ name: 'go', data: { n, ...data } }));
}

/** The numbers of the events of each run, in the order in which runs were first called. */
function batches(app: SdkApp): readonly (readonly unknown[])[] {
  const first = new Map<string, Call>();
  for (const call of app.calls) if (!first.has(call.body.ctx.run_id)) first.set(call.body.ctx.run_id, call);
  return [...first.values()].map((call) => call.body.events.map((event) => event.data.n).sort());
}

function waitForBatches(app: SdkApp, count: number) {
  return waitFor(() => (batches(app).length >= count ? batches(app) : null), {
    what: `${count} batches`,
    timeoutMs: patienceMs,
  });
}

describe.concurrent('a batch', () => {
  it('that is full starts one run with all its events', async () => {
    const app = await startApp(batched({ maxSize: 3, timeout: '60s' }));

    await app.sendAll(numbered([1, 2, 3]));
    await waitForBatches(app, 1);
    const [call] = app.calls;
    const run = await waitForEnd(app.server, call?.body.ctx.run_id ?? '');

    expect(batches(app)).toEqual([[1, 2, 3]]);
    expect([...(run.output as number[])].sort()).toEqual([1, 2, 3]);
    expect(call?.body.event.id).toBe(call?.body.events[0]?.id);
  });

  it('that is not full starts its run when its time is over', async () => {
    const app = await startApp(batched({ maxSize: 10, timeout: '2s' }));
    const sentMs = Date.now();

    await app.sendAll(numbered([1, 2]));
    await waitForBatches(app, 1);

    expect(batches(app)).toEqual([[1, 2]]);
    expect((app.calls[0]?.receivedAtMs ?? 0) - sentMs).toBeGreaterThanOrEqual(1_900);
  });

  it('takes no more than its size', async () => {
    const app = await startApp(batched({ maxSize: 2, timeout: '2s' }));

    await app.sendAll(numbered([1, 2, 3, 4, 5]));
    const all = await waitForBatches(app, 3);

    expect(all.map((batch) => batch.length).sort()).toEqual([1, 2, 2]);
    expect(all.flat().sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('of a key has only events of one of its values', async () => {
    const app = await startApp(batched({ maxSize: 2, timeout: '60s', key: 'event.data.shop' }));

    await app.sendAll([...numbered([1, 3], { shop: 'a' }), ...numbered([2], { shop: 'b' })]);
    await app.sendAll(numbered([4], { shop: 'b' }));
    const all = await waitForBatches(app, 2);

    expect([...all].sort()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('leaves out events for which its condition does not hold: they run at once', async () => {
    const app = await startApp(batched({ maxSize: 2, timeout: '60s', if: 'event.data.patient == true' }));

    await app.sendAll(numbered([1], { patient: true }));
    await app.sendAll(numbered([2], { patient: false }));
    await waitForBatches(app, 1);
    await app.sendAll(numbered([3], { patient: true }));
    const all = await waitForBatches(app, 2);

    expect(all).toEqual([[2], [1, 3]]);
  });

  it('knows no rate limit, not even for events that it leaves out', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [{ event: event('go') }],
          batchEvents: { maxSize: 2, timeout: '60s', if: 'event.data.patient == true' },
          rateLimit: { limit: 1, period: '60s' },
        },
        async () => null,
      ),
    ]);

    await app.sendAll(numbered([1, 2, 3], { patient: false }));

    expect((await waitForBatches(app, 3)).toSorted()).toEqual([[1], [2], [3]]);
  });
});
