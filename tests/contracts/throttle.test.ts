import { describe, expect, it } from 'vitest';
import { callsWhenQuiet } from './support/quiet.ts';
import { type SdkApp, startApp } from './support/sdk-app.ts';

/** When runs were first called, in order, in ms since a time before their events were sent. */
function startsMs(app: SdkApp, sentAtMs: number): readonly number[] {
  const first = app.calls.filter((call) => call.body.ctx.stack.stack.length === 0);
  return first.map((call) => call.receivedAtMs - sentAtMs).sort((a, b) => a - b);
}

describe.concurrent('a throttle', () => {
  it('spreads starts over its period, and loses none', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 1, period: '2s' } },
        async () => 'ran',
      ),
    ]);

    const sentAtMs = Date.now();
    const ids = await app.sendAll([{ name: 'go' }, { name: 'go' }, { name: 'go' }]);
    const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(ends.map(({ output }) => output)).toEqual(['ran', 'ran', 'ran']);
    const [, second, third] = startsMs(app, sentAtMs);
    expect(second).toBeGreaterThanOrEqual(1_900);
    expect(third).toBeGreaterThanOrEqual(3_900);
  });

  it('lets as many start at once as its limit and burst say', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 3, period: '1h', burst: 1 } },
        async () => 'ran',
      ),
    ]);

    await app.sendAll(Array.from({ length: 6 }, () => ({ name: 'go' })));

    expect(await callsWhenQuiet(app, 'fn', 4)).toBe(4);
  });

  it('lets the next start when one has drained', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], throttle: { limit: 2, period: '4s', burst: 2 } },
        async () => 'ran',
      ),
    ]);
    const sentAtMs = Date.now();

    const ids = await app.sendAll(Array.from({ length: 5 }, () => ({ name: 'go' })));
    await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(startsMs(app, sentAtMs)[4]).toBeGreaterThanOrEqual(1_900);
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
    expect(await callsWhenQuiet(app, 'fn', 2)).toBe(2);
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
