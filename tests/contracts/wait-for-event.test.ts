import { describe, expect, it } from 'vitest';
import { answer, startRawApp } from './support/raw-app.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { waitForStep } from './support/server-api.ts';

/** A function that waits for the event `answer`. */
const waiter =
  ({ if: condition, timeout = '1h' }: { readonly if?: string; readonly timeout?: string } = {}) =>
  ({ client, event }: AppParts) => [
    client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ step }) => {
      const options = { event: event('answer'), timeout };
      const came = await step.waitForEvent(
        'wait',
        condition === undefined ? options : { ...options, if: condition },
      );
      return came === null ? 'nothing came' : came.data;
    }),
  ];

/** Starts a run and waits until it waits. */
async function startWaiting(app: SdkApp, data: Record<string, unknown> = {}): Promise<string> {
  const eventId = await app.send({ name: 'start', data });
  await waitForStep(app.server, await app.runId(eventId), 'wait');
  return eventId;
}

describe.concurrent('waiting for an event', () => {
  it('gives the function the event that came', async () => {
    const app = await startApp(waiter());
    const eventId = await startWaiting(app);

    const answerId = await app.send({ name: 'answer', data: { n: 7 } });

    expect(await app.ended(eventId)).toMatchObject({ status: 'COMPLETED', output: { n: 7 } });
    const [value] = Object.values(app.calls.at(-1)?.body.steps ?? {});
    expect(value).toMatchObject({
      name: app.event('answer'),
      id: answerId,
      data: { n: 7 },
      ts: expect.any(Number),
    });
  });

  it('gives null when the time is over', async () => {
    const app = await startApp(waiter({ timeout: '2s' }));

    const run = await app.run({ name: 'start' });

    expect(run).toMatchObject({ status: 'COMPLETED', output: 'nothing came' });
    expect(Object.values(app.calls.at(-1)?.body.steps ?? {})).toEqual([null]);
    const [first, second] = app.calls.map((call) => call.receivedAtMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it('does not look back', async () => {
    const app = await startApp(waiter({ timeout: '2s' }));

    await app.send({ name: 'answer', data: { n: 'early' } });

    expect((await app.run({ name: 'start' })).output).toBe('nothing came');
  });

  it('takes only events for which its condition holds', async () => {
    const app = await startApp(waiter({ if: 'event.data.order == async.data.order && async.data.ok' }));
    const first = await startWaiting(app, { order: 1 });
    const second = await startWaiting(app, { order: 2 });

    await app.send({ name: 'answer', data: { order: 1, ok: false, n: 1 } });
    await app.send({ name: 'answer', data: { order: 2, ok: true, n: 2 } });
    const secondEnd = await app.ended(second);
    await app.send({ name: 'answer', data: { order: 1, ok: true, n: 3 } });

    expect(secondEnd.output).toMatchObject({ n: 2 });
    expect((await app.ended(first)).output).toMatchObject({ n: 3 });
  });

  it('may match a field of both events', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ step }) => {
        const wait = { event: event('answer'), match: 'data.order', timeout: '1h' };
        return (await step.waitForEvent('wait', wait))?.data;
      }),
    ]);
    const eventId = await startWaiting(app, { order: 'x' });

    await app.sendAll([
      { name: 'answer', data: { order: 'y' } },
      { name: 'answer', data: { order: 'x' } },
    ]);

    expect((await app.ended(eventId)).output).toEqual({ order: 'x' });
  });

  it('is ended for all that wait by one event', async () => {
    const app = await startApp(waiter());
    const ids = [await startWaiting(app), await startWaiting(app), await startWaiting(app)];

    await app.send({ name: 'answer', data: { n: 1 } });
    const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(ends.map(({ output }) => output)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
  });

  it('in parallel goes on when all have ended, each in its way', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ step }) => {
        const waits = await Promise.all([
          step.waitForEvent('wait', { event: event('a'), timeout: '1h' }),
          step.waitForEvent('b', { event: event('b'), timeout: '2s' }),
          step.run('c', () => ({ data: 'c' })),
        ]);
        return waits.map((came) => came?.data ?? null);
      }),
    ]);
    const eventId = await startWaiting(app);

    await app.send({ name: 'a', data: { n: 1 } });

    expect(await app.ended(eventId)).toMatchObject({ status: 'COMPLETED', output: [{ n: 1 }, null, 'c'] });
  });

  it('is set before a sibling step sends the event', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ step }) => {
        const [came] = await Promise.all([
          step.waitForEvent('answer', { event: event('answer'), timeout: '10s' }),
          step.sendEvent('ask', { name: event('answer'), data: { n: 1 } }),
        ]);
        return came?.data ?? 'missed';
      }),
    ]);

    expect(await app.run({ name: 'start' })).toMatchObject({ status: 'COMPLETED', output: { n: 1 } });
  });

  it('hears the ends of runs', async () => {
    const app = await startApp(({ client, event, slug }) => [
      client.createFunction({ id: 'other', triggers: [{ event: event('other') }] }, async () => 'fine'),
      client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ step }) => {
        const end = await step.waitForEvent('wait', {
          event: 'inngest/function.finished',
          if: `async.data.function_id == '${slug('other')}'`,
          timeout: '1h',
        });
        return end?.data.result;
      }),
    ]);
    const eventId = await startWaiting(app);

    await app.run({ name: 'other' });

    expect((await app.ended(eventId)).output).toBe('fine');
  });

  it('ends with the run', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('start') }], cancelOn: [{ event: event('stop') }] },
        async ({ step }) => await step.waitForEvent('wait', { event: event('answer'), timeout: '1h' }),
      ),
    ]);
    const eventId = await startWaiting(app);

    await app.send({ name: 'stop' });
    const run = await app.ended(eventId);
    await app.send({ name: 'answer' });

    expect(run.status).toBe('CANCELLED');
    expect(app.calls).toHaveLength(1);
  });
});

describe.concurrent('a wait on the wire', () => {
  const waiting = (change: Record<string, unknown>, opts: Record<string, unknown>) =>
    startRawApp((call, index) => {
      const op = {
        op: 'WaitForEvent',
        id: 'a'.repeat(40),
        name: 'raw/answer',
        displayName: 'wait',
        ...change,
      };
      return index === 0 ? answer(206, [{ ...op, opts }]) : answer(200, call.body.steps);
    });

  it('may name the event in its options', async () => {
    const app = await waiting({ name: '' }, { event: 'raw/answer', timeout: '1s' });

    expect((await app.run('call')).output).toEqual({ ['a'.repeat(40)]: null });
  });

  it.each([
    ['a date', new Date(Date.now() + 1_500).toISOString()],
    ['nothing', ''],
  ])('may have %s as its time', async (_, timeout) => {
    const app = await waiting({}, { timeout });

    expect((await app.run('call')).output).toEqual({ ['a'.repeat(40)]: null });
  });

  it('with an expression that does not compile fails the run', async () => {
    const app = await waiting({}, { timeout: '1h', if: 'async.data.( ==' });

    const run = await app.run('call');

    expect(run.status).toBe('FAILED');
    expect(app.calls).toHaveLength(1);
  });

  it('of more than a year fails the run', async () => {
    const app = await waiting({}, { timeout: '400d' });

    expect((await app.run('call')).status).toBe('FAILED');
  });
});
