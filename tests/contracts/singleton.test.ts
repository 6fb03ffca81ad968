import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { reported } from './support/call.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';

/** A singleton function `fn` that sleeps, and one beside it that hears the same events. */
const single =
  (singleton: { mode: 'skip' | 'cancel'; key?: string }) =>
  ({ client, event }: AppParts) => [
    client.createFunction(
      { id: 'fn', triggers: [{ event: event('go') }], singleton },
      async ({ event, step }) => {
        await step.sleep('nap', String(event.data.nap ?? '3s'));
        return event.data.n;
      },
    ),
    client.createFunction({ id: 'beside', triggers: [{ event: event('go') }] }, async () => null),
  ];

async function send(app: SdkApp, data: Record<string, unknown>): Promise<string> {
  const eventId = await app.send({ name: 'go', data });
  await app.ended(eventId, 'beside');
  return eventId;
}

/** Sends an event and waits until its run sleeps. */
async function sendAndSleep(app: SdkApp, data: Record<string, unknown>): Promise<string> {
  const eventId = await send(app, data);
  await waitFor(
    () => app.callsOf('fn').some((call) => call.body.event.id === eventId && reported(call) === 'Sleep'),
    {
      what: 'the sleep',
      timeoutMs: patienceMs,
    },
  );
  return eventId;
}

function started(app: SdkApp): readonly string[] {
  return [...new Set(app.callsOf('fn').map((call) => call.body.event.id))];
}

describe.concurrent('a singleton', () => {
  it('that skips starts nothing while a run is active, sleeps included, and then again', async () => {
    const app = await startApp(single({ mode: 'skip' }));

    const first = await sendAndSleep(app, { n: 1 });
    await send(app, { n: 2 });
    const end = await app.ended(first, 'fn');
    const third = await sendAndSleep(app, { n: 3, nap: '1s' });

    expect(end).toMatchObject({ status: 'COMPLETED', output: 1 });
    expect(await app.ended(third, 'fn')).toMatchObject({ output: 3 });
    expect(started(app)).toEqual([first, third]);
  });

  it('that cancels ends the active run and starts the new one', async () => {
    const app = await startApp(single({ mode: 'cancel' }));

    const first = await sendAndSleep(app, { n: 1, nap: '1h' });
    const second = await send(app, { n: 2, nap: '1s' });

    expect((await app.ended(first, 'fn')).status).toBe('CANCELLED');
    expect(await app.ended(second, 'fn')).toMatchObject({ status: 'COMPLETED', output: 2 });
  });

  it('of a key counts for each of its values, and not at all where the key is false', async () => {
    const key = 'event.data.free ? false : event.data.shop';
    const app = await startApp(single({ mode: 'skip', key }));

    const a = await sendAndSleep(app, { shop: 'a', n: 1 });
    const b = await sendAndSleep(app, { shop: 'b', n: 2 });
    await send(app, { shop: 'a', n: 3 });
    const free = await sendAndSleep(app, { shop: 'a', free: true, n: 4 });
    const freeToo = await sendAndSleep(app, { shop: 'a', free: true, n: 5 });
    const ends = await Promise.all([a, b, free, freeToo].map((eventId) => app.ended(eventId, 'fn')));

    expect(ends.map(({ output }) => output)).toEqual([1, 2, 4, 5]);
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
