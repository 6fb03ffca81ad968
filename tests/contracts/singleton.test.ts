import { describe, expect, it } from 'vitest';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { type EndedRun, waitForStep } from './support/server-api.ts';

/** A singleton function `fn` that is active, without a call, until it is let go, and one beside it that hears the same events. */
const single =
  (singleton: { mode: 'skip' | 'cancel'; key?: string }) =>
  ({ client, event }: AppParts) => [
    client.createFunction(
      { id: 'fn', triggers: [{ event: event('go') }], singleton },
      async ({ event: { data }, step }) => {
        await step.sleep('nap', '1s');
        await step.waitForEvent('hold', { event: event('let.go'), match: 'data.n', timeout: '1h' });
        return data.n;
      },
    ),
    client.createFunction({ id: 'beside', triggers: [{ event: event('go') }] }, async () => null),
  ];

async function send(app: SdkApp, data: Record<string, unknown>): Promise<string> {
  const eventId = await app.send({ name: 'go', data });
  await app.ended(eventId, 'beside');
  return eventId;
}

/** Sends an event and waits until its run has begun. */
async function begin(app: SdkApp, data: Record<string, unknown>): Promise<string> {
  const eventId = await send(app, data);
  await app.runId(eventId, 'fn');
  return eventId;
}

/** Lets a run go on to its end. */
async function letGo(app: SdkApp, eventId: string, n: number): Promise<EndedRun> {
  const runId = await app.runId(eventId, 'fn');
  await waitForStep(app.server, runId, 'hold');
  await app.send({ name: 'let.go', data: { n } });
  return await app.ended(eventId, 'fn');
}

function started(app: SdkApp): readonly string[] {
  return [...new Set(app.callsOf('fn').map((call) => call.body.event.id))];
}

describe.concurrent('a singleton', () => {
  it('that skips starts nothing while a run is active, sleeps and waits included, and then again', async () => {
    const app = await startApp(single({ mode: 'skip' }));

    const first = await begin(app, { n: 1 });
    await send(app, { n: 2 });
    const end = await letGo(app, first, 1);
    const third = await begin(app, { n: 3 });

    expect(end).toMatchObject({ status: 'COMPLETED', output: 1 });
    expect(await letGo(app, third, 3)).toMatchObject({ status: 'COMPLETED', output: 3 });
    expect(started(app)).toEqual([first, third]);
  });

  it('that cancels ends the active run and starts the new one', async () => {
    const app = await startApp(single({ mode: 'cancel' }));

    const first = await begin(app, { n: 1 });
    const second = await send(app, { n: 2 });

    expect((await app.ended(first, 'fn')).status).toBe('CANCELLED');
    expect(await letGo(app, second, 2)).toMatchObject({ status: 'COMPLETED', output: 2 });
  });

  it('of a key counts for each of its values, and not at all where the key is false', async () => {
    const key = 'event.data.free ? false : event.data.shop';
    const app = await startApp(single({ mode: 'skip', key }));

    const a = await begin(app, { shop: 'a', n: 1 });
    const b = await begin(app, { shop: 'b', n: 2 });
    await send(app, { shop: 'a', n: 3 });
    const free = await begin(app, { shop: 'a', free: true, n: 4 });
    const freeToo = await begin(app, { shop: 'a', free: true, n: 5 });

    expect(started(app)).toEqual([a, b, free, freeToo]);
  });

  it('is free again after a run that failed', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', retries: 0, triggers: [{ event: event('go') }], singleton: { mode: 'skip' } },
        async ({ event }) => {
          if (event.data.bad) throw new Error('bad');
          return 'ran';
        },
      ),
    ]);

    const bad = await app.run({ name: 'go', data: { bad: true } });
    const good = await app.run({ name: 'go', data: { bad: false } });

    expect([bad.status, good.output]).toEqual(['FAILED', 'ran']);
  });
});
