import { describe, expect, it } from 'vitest';
import { type SdkApp, startApp } from './support/sdk-app.ts';

/** When the runs of a function began, in order, in ms after the first. */
function startsMs(app: SdkApp): readonly number[] {
  const times = app.calls
    .filter((call) => call.body.ctx.stack.stack.length === 0)
    .map((call) => call.receivedAtMs);
  return times.sort((a, b) => a - b).map((time) => time - (times[0] ?? 0));
}

describe.concurrent('a throttle', () => {
  it('spreads starts over its period, and loses none', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 1, period: '2s' } },
        async () => 'ran',
      ),
    ]);

    const ids = await app.sendAll([{ name: 'go' }, { name: 'go' }, { name: 'go' }]);
    const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(ends.map(({ output }) => output)).toEqual(['ran', 'ran', 'ran']);
    const [, second = 0, third = 0] = startsMs(app);
    expect(second).toBeGreaterThanOrEqual(1_700);
    expect(third - second).toBeGreaterThanOrEqual(1_700);
  });

  it('lets as many start at once as its limit and burst say', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 3, period: '6s', burst: 1 } },
        async () => 'ran',
      ),
    ]);

    const ids = await app.sendAll(Array.from({ length: 5 }, () => ({ name: 'go' })));
    await Promise.all(ids.map((eventId) => app.ended(eventId)));

    const starts = startsMs(app);
    // The fifth has to wait until one has drained, 6 s / 3 after the first.
    expect(starts[4]).toBeGreaterThanOrEqual(1_500);
    expect((starts[4] ?? 0) - (starts[3] ?? 0)).toBeGreaterThanOrEqual(500);
  });

  it('of a key counts for each of its values', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [{ event: event('go') }],
          throttle: { limit: 1, period: '1h', key: 'event.data.shop' },
        },
        async ({ event }) => event.data.shop,
      ),
    ]);

    const ids = await app.sendAll(['a', 'b', 'a'].map((shop) => ({ name: 'go', data: { shop } })));
    const ends = await Promise.all(ids.slice(0, 2).map((eventId) => app.ended(eventId)));

    expect(ends.map(({ output }) => output).sort()).toEqual(['a', 'b']);
    expect(app.calls).toHaveLength(2);
  });

  it('does not hold up the steps of runs that have started', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 1, period: '1h' } },
          async ({ step }) => {
            await step.run('a', () => 1);
            await step.sleep('nap', '1s');
            return await step.run('b', () => 2);
          },
        ),
      ],
      { checkpointing: false },
    );

    expect(await app.run({ name: 'go' })).toMatchObject({ status: 'COMPLETED', output: 2 });
  });
});
