import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { serverUnderTest } from './server-under-test.ts';
import type { Call } from './support/call.ts';
import { answer, rawFunction, register, startRawApp } from './support/raw-app.ts';
import { type SdkApp, startApp } from './support/sdk-app.ts';

const minute = /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/;

/** Schedules fire with the minute, so these tests wait for the next one. */
const server = () => serverUnderTest('dev', { secondsToMinute: 5 });

function firstCall(app: { readonly calls: readonly Call[] }): Promise<Call> {
  return waitFor(() => app.calls[0], { what: 'the firing', timeoutMs: 100_000 });
}

/** A server that goes on after the tests must not be left with schedules of apps that are gone. */
async function removeSchedules(app: SdkApp): Promise<void> {
  await app.replace(({ client, event }) => [
    client.createFunction({ id: 'none', triggers: [{ event: event('none') }] }, async () => null),
  ]);
}

describe.concurrent('a schedule', { timeout: 120_000 }, () => {
  it('starts its function with the time that it was for', async () => {
    const app = await startApp(
      ({ client }) => [
        client.createFunction({ id: 'minutely', triggers: [{ cron: '* * * * *' }] }, async () => 'ran'),
      ],
      { server: await server() },
    );

    const { event } = (await firstCall(app)).body;

    expect(event).toMatchObject({
      name: 'inngest/scheduled.timer',
      id: expect.stringMatching(minute),
      ts: expect.any(Number),
      user: {},
      data: { cron: '* * * * *', scheduledAt: event.id, fireAt: event.id },
    });
    const run = await app.ended(event.id, 'minutely');
    await removeSchedules(app);
    expect(run).toMatchObject({ status: 'COMPLETED', output: 'ran' });
    expect(app.calls).toHaveLength(1);
  });

  it('may have a time zone, and does not fire at other times', async () => {
    const app = await startApp(
      ({ client }) => [
        client.createFunction(
          { id: 'zoned', triggers: [{ cron: 'TZ=Asia/Kolkata * * * * *' }] },
          async () => null,
        ),
        client.createFunction(
          { id: 'yearly', triggers: [{ cron: 'TZ=Europe/Berlin 7 3 29 2 *' }] },
          async () => null,
        ),
      ],
      { server: await server() },
    );

    const { event } = (await firstCall(app)).body;
    await removeSchedules(app);

    expect(event.data.cron).toBe('TZ=Asia/Kolkata * * * * *');
    expect(event.id).toMatch(minute);
    expect(app.callsOf('yearly')).toEqual([]);
  });

  it('fires later by its jitter, for the same time', async () => {
    const app = await startRawApp(() => answer(200, null), {
      server: await server(),
      config: { triggers: [{ cron: '* * * * *', jitter: '3s' }] },
    });

    const { event } = (await firstCall(app)).body;
    const functions = [rawFunction(app.id, app.url, { triggers: [] })];
    await register(app.server, { url: app.url, appName: app.id, functions });
    const latenessMs = Date.parse(String(event.data.fireAt)) - Date.parse(String(event.data.scheduledAt));

    expect(event.id).toMatch(minute);
    expect(latenessMs).toBeGreaterThanOrEqual(1_000);
    expect(latenessMs).toBeLessThanOrEqual(3_000);
  });

  it('that is changed or removed fires no more', async () => {
    const app = await startApp(
      ({ client }) => [
        client.createFunction({ id: 'changed', triggers: [{ cron: '* * * * *' }] }, async () => null),
        client.createFunction({ id: 'removed', triggers: [{ cron: '* * * * *' }] }, async () => null),
      ],
      { server: await server() },
    );

    await app.replace(({ client }) => [
      client.createFunction({ id: 'changed', triggers: [{ cron: '7 3 29 2 *' }] }, async () => null),
      client.createFunction({ id: 'added', triggers: [{ cron: '*/1 * * * *' }] }, async () => null),
    ]);
    const added = await firstCall(app);
    await app.ended(added.body.event.id, 'added');
    await removeSchedules(app);

    expect(app.calls.map((call) => call.slug)).toEqual([app.slug('added')]);
  });
});
