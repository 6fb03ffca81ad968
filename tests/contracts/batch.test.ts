import { describe, expect, it } from 'vitest';
import { callsWhenQuiet } from './support/quiet.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';

type Batch = NonNullable<Parameters<AppParts['client']['createFunction']>[0]['batchEvents']>;

function startBatched(batchEvents: Batch) {
  return startApp(({ client, event }) => [
    client.createFunction(
      { id: 'fn', triggers: [{ event: event('go') }], batchEvents },
      async ({ events }) => events.length,
    ),
  ]);
}

const numbers = (app: SdkApp) => app.calls.map((call) => call.body.events.map(({ data }) => data.n));
const sendNumbered = async (app: SdkApp, dataOfAll: readonly Record<string, unknown>[]) => {
  const ids: string[] = [];
  for (const [n, data] of dataOfAll.entries()) ids.push(await app.send({ name: 'go', data: { n, ...data } }));
  return ids;
};

describe.concurrent('a batch', () => {
  it('starts one run when it is full, with all events in their order', async () => {
    const app = await startBatched({ maxSize: 3, timeout: '60s' });

    const ids = await sendNumbered(app, [{}, {}, {}]);
    const run = await app.ended(ids[2] ?? '');

    expect(run).toMatchObject({ status: 'COMPLETED', output: 3 });
    expect(numbers(app)).toEqual([[0, 1, 2]]);
    expect(app.calls[0]?.body.event).toEqual(app.calls[0]?.body.events[0]);
  });

  it('starts a run with what there is, no sooner than its timeout after the first event', async () => {
    const app = await startBatched({ maxSize: 10, timeout: '2s' });
    const sentAtMs = Date.now();

    const ids = await sendNumbered(app, [{}, {}]);
    const run = await app.ended(ids[0] ?? '');

    expect(run.output).toBe(2);
    expect((app.calls[0]?.receivedAtMs ?? 0) - sentAtMs).toBeGreaterThanOrEqual(1_900);
  });

  it('is kept apart by key', async () => {
    const app = await startBatched({ maxSize: 2, timeout: '60s', key: 'event.data.shop' });

    await sendNumbered(
      app,
      ['a', 'b', 'a', 'b', 'a'].map((shop) => ({ shop })),
    );

    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
    expect(numbers(app)).toEqual(
      expect.arrayContaining([
        [0, 2],
        [1, 3],
      ]),
    );
  });

  it('leaves out events that it does not want: they run at once, on their own', async () => {
    const app = await startBatched({ maxSize: 2, timeout: '60s', if: 'event.data.wanted' });

    await sendNumbered(
      app,
      [true, false, true].map((wanted) => ({ wanted })),
    );

    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
    expect(numbers(app)).toEqual(expect.arrayContaining([[1], [0, 2]]));
  });
});
