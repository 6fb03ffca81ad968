import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { isExternal, patienceMs } from './server-under-test.ts';
import { reported } from './support/call.ts';
import { gate } from './support/gate.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { askApi, callApi, post } from './support/server-api.ts';

/** A function that sleeps as long as its event says, and can be cancelled. */
const sleeper =
  (cancel: { readonly match?: string; readonly if?: string; readonly timeout?: string | Date } = {}) =>
  ({ client, event }: AppParts) => [
    client.createFunction(
      {
        id: 'fn',
        triggers: [{ event: event('start') }],
        cancelOn: [{ event: event('stop'), ...cancel }],
      },
      async ({ event, step }) => {
        await step.sleep('nap', String(event.data.nap ?? '1h'));
        return 'rested';
      },
    ),
  ];

/** Starts a run and waits until it sleeps. */
async function startSleeping(app: SdkApp, data: Record<string, unknown> = {}): Promise<string> {
  const eventId = await app.send({ name: 'start', data });
  await waitFor(
    () => app.calls.some((call) => call.body.event.id === eventId && reported(call) === 'Sleep'),
    {
      what: 'the sleep',
      timeoutMs: patienceMs,
    },
  );
  return eventId;
}

describe.concurrent('an event', () => {
  it('cancels the runs that it matches, and no others', async () => {
    const app = await startApp(sleeper({ match: 'data.order' }));
    const first = await startSleeping(app, { order: 1 });
    const second = await startSleeping(app, { order: 2, nap: '3s' });

    await app.send({ name: 'stop', data: { order: 1 } });

    expect(await app.ended(first)).toMatchObject({ status: 'CANCELLED', output: null });
    expect(await app.ended(second)).toMatchObject({ status: 'COMPLETED', output: 'rested' });
  });

  it('cancels by an expression over both events', async () => {
    const app = await startApp(sleeper({ if: 'async.data.limit > event.data.size && event.data.size != 5' }));
    const small = await startSleeping(app, { size: 1 });
    const five = await startSleeping(app, { size: 5, nap: '4s' });
    const big = await startSleeping(app, { size: 100, nap: '4s' });

    await app.send({ name: 'stop', data: { limit: 10 } });
    const ends = await Promise.all([small, five, big].map((eventId) => app.ended(eventId)));

    expect(ends.map(({ status }) => status)).toEqual(['CANCELLED', 'COMPLETED', 'COMPLETED']);
  });

  it('without a condition cancels all runs of the function', async () => {
    const app = await startApp(sleeper());
    const eventIds = [await startSleeping(app), await startSleeping(app)];

    await app.send({ name: 'stop' });
    const ends = await Promise.all(eventIds.map((eventId) => app.ended(eventId)));

    expect(ends.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('cancels no longer when the time for it is over', async () => {
    const app = await startApp(sleeper({ timeout: '1s' }));
    const eventId = await startSleeping(app, { nap: '4s' });

    await delay(1_500);
    await app.send({ name: 'stop' });

    expect((await app.ended(eventId)).status).toBe('COMPLETED');
  });

  it('cancels until the moment that the function names', async () => {
    const hourMs = 3_600_000;
    const soon = await startApp(sleeper({ timeout: new Date(Date.now() + hourMs) }));
    const past = await startApp(sleeper({ timeout: new Date(Date.now() - hourMs) }));
    const eventIds = [await startSleeping(soon), await startSleeping(past, { nap: '2s' })] as const;

    await soon.send({ name: 'stop' });
    await past.send({ name: 'stop' });

    expect((await soon.ended(eventIds[0])).status).toBe('CANCELLED');
    expect((await past.ended(eventIds[1])).status).toBe('COMPLETED');
  });

  it('does not cancel runs that start after it', async () => {
    const app = await startApp(sleeper());

    await app.send({ name: 'stop' });
    const run = await app.run({ name: 'start', data: { nap: '1s' } });

    expect(run.status).toBe('COMPLETED');
  });

  it('that starts a run does not cancel it', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('start') }], cancelOn: [{ event: event('start') }] },
        async ({ step }) => await step.sleep('nap', '1s'),
      ),
    ]);

    expect((await app.run({ name: 'start' })).status).toBe('COMPLETED');
  });

  it('cancels a run between its steps: nothing more is called', async () => {
    const release = gate();
    const ran: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'fn', triggers: [{ event: event('start') }], cancelOn: [{ event: event('stop') }] },
          async ({ step }) => {
            await step.run('a', async () => {
              ran.push('a');
              await release.opened;
            });
            await step.run('b', () => ran.push('b'));
          },
        ),
      ],
      { checkpointing: false },
    );
    const eventId = await app.send({ name: 'start' });
    await waitFor(() => ran.length > 0, { what: 'the first step', timeoutMs: patienceMs });

    await app.send({ name: 'stop' });
    const run = await app.ended(eventId);
    release.open();
    await waitFor(() => app.calls[0]?.answer, { what: 'the late answer' });

    expect(run.status).toBe('CANCELLED');
    expect(ran).toEqual(['a']);
  });
});

describe.concurrent('the API', () => {
  it('cancels a run that sleeps, also a second time', async () => {
    const app = await startApp(sleeper());
    const eventId = await startSleeping(app);
    const path = `/v1/runs/${await app.runId(eventId)}`;

    const first = await callApi(app.server, path, { method: 'DELETE' });
    const run = await app.ended(eventId);
    const second = await callApi(app.server, path, { method: 'DELETE' });

    expect([first.status, second.status, run.status]).toEqual([200, 200, 'CANCELLED']);
    expect(await first.text()).toBe('');
  });

  it('says of an unknown run that there is none', async () => {
    const app = await startApp(sleeper());

    const { status } = await callApi(app.server, '/v1/runs/01JAAAAAAAAAAAAAAAAAAAAAAA', { method: 'DELETE' });

    // The official server may answer 200 here.
    expect(isExternal ? [200, 404, 500] : [404]).toContain(status);
  });

  it('cancels runs in bulk: those of a function, a time and a condition', async () => {
    const app = await startApp(sleeper());
    const yes = await startSleeping(app, { cancel: true, nap: '6s' });
    const no = await startSleeping(app, { cancel: false, nap: '6s' });

    const response = await callApi(
      app.server,
      '/v1/cancellations',
      post({
        app_id: app.id,
        function_id: app.slug('fn'),
        // Clocks of clients may be a little ahead.
        started_before: new Date(Date.now() + 2_000).toISOString(),
        if: 'event.data.cancel == true',
      }),
    );
    const ends = await Promise.all([yes, no].map((eventId) => app.ended(eventId)));

    expect(response.ok).toBe(true);
    expect(ends.map(({ status }) => status)).toEqual(['CANCELLED', 'COMPLETED']);
  });

  it('refuses to cancel runs of a function that it does not know', async () => {
    const app = await startApp(sleeper());

    const { status, body } = await askApi<{ error: string }>(
      app.server,
      '/v1/cancellations',
      post({ app_id: app.id, function_id: 'nope', started_before: new Date().toISOString() }),
    );

    expect(status).toBe(404);
    expect(body.error).toContain('function not found');
  });
});

describe.concurrent('time-outs', () => {
  it('of the whole run cancel it, also while it sleeps', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('start') }], timeouts: { finish: '2s' } },
        async ({ step }) => await step.sleep('nap', '1h'),
      ),
    ]);

    expect((await app.run({ name: 'start' })).status).toBe('CANCELLED');
  });

  it('of the start cancel a run that had to wait too long', async () => {
    const release = gate();
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('start') }], concurrency: 1, timeouts: { start: '2s' } },
        async ({ event }) => {
          if (event.data.first) await release.opened;
          return event.data.first;
        },
      ),
    ]);
    const first = await app.send({ name: 'start', data: { first: true } });
    await app.runId(first);

    const second = await app.send({ name: 'start', data: { first: false } });
    const cancelled = await waitFor(
      async () => {
        const { body } = await askApi<{ data: readonly { status: string }[] | null }>(
          app.server,
          `/v1/events/${second}/runs`,
        );
        return body.data?.[0]?.status === 'Cancelled';
      },
      { what: 'the cancellation of the run that waits', timeoutMs: patienceMs },
    );
    release.open();

    expect(cancelled).toBe(true);
    expect((await app.ended(first)).status).toBe('COMPLETED');
    expect(app.calls).toHaveLength(1);
  });

  it('that are not reached change nothing', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('start') }], timeouts: { start: '30s', finish: '30s' } },
        async ({ step }) => await step.sleep('nap', '1s'),
      ),
    ]);

    expect((await app.run({ name: 'start' })).status).toBe('COMPLETED');
  });
});
