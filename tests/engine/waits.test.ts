import type { Inngest } from 'inngest';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed, type TestBedOptions } from './engine-app.ts';

async function startWaitBed(options: TestBedOptions) {
  const { url } = await createTestDatabase('empty');
  const bed = await startTestBed({ ...options, engine: { ...options.engine, databaseUrl: url } });
  return {
    ...bed,
    /** Waits until so many steps wait for something. */
    waiting: (count: number) =>
      waitFor(
        async () => {
          const rows = await query(url, `select id from engine.steps where status = 'waiting'`);
          return rows.length === count;
        },
        { what: `${count} waiting steps` },
      ),
    async sendSignal(signal: { signal: string; data: unknown }) {
      const response = await bed.api('/v1/signals', { method: 'POST', body: JSON.stringify(signal) });
      return { status: response.status, body: await response.json() };
    },
    openWaits: () => query(url, 'select * from engine.waits'),
  };
}

describe('a wait for an event', () => {
  it('may be one of many that an event ends, also while the event starts runs', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        waitingFunction(client),
        client.createFunction({ id: 'started', triggers: [{ event: 'shop/paid' }] }, async () => 'started'),
      ],
    });
    const orders = await Promise.all(
      Array.from({ length: 120 }, () => bed.send({ name: 'shop/order', data: { id: 7 } })),
    );
    await bed.waiting(120);

    const paid = await bed.send({ name: 'shop/paid', data: { id: 7 } });

    const runs = await Promise.all(orders.map((id) => bed.endedRuns(id)));
    expect(runs.map(([run]) => run?.status)).toEqual(orders.map(() => 'Completed'));
    expect((await bed.endedRuns(paid)).map((run) => run.output)).toEqual(['started']);
  });

  it('may have a condition on both events, whatever its form', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        client.createFunction(
          { id: 'conditions', triggers: [{ event: 'shop/order' }] },
          async ({ event, step }) => {
            const paid = await step.waitForEvent('paid', {
              event: 'shop/paid',
              if: event.data.if,
              timeout: '1h',
            });
            return paid?.data.n;
          },
        ),
      ],
    });
    const conditions = {
      "async.data.n == 1 && event.data.id == async.data['id']": 1,
      'async.data.n > event.data.least': 3,
      'async.data.missing == null && async.data.n >= 2': 2,
      'async.data.list.exists(x, x == event.data.id) || async.data.n == 99': 3,
      'async.data.deep.value == event.data.deep.value': 2,
    };
    const ids = await Promise.all(
      Object.keys(conditions).map((text) =>
        bed.send({
          name: 'shop/order',
          data: { if: text, id: 'a', least: 2, deep: { value: 2.5, other: 'x'.repeat(10) } },
        }),
      ),
    );
    await bed.waiting(ids.length);

    await bed.send({
      name: 'shop/paid',
      data: { n: 1, id: 'b', missing: 1, list: ['b'], deep: { value: '2.5' } },
    });
    await bed.send({ name: 'shop/paid', data: { n: 2, id: 'b', list: ['b'], deep: { value: 2.5 } } });
    await bed.send({ name: 'shop/paid', data: { n: 3, id: 'b', missing: 1, list: ['b', 'a'] } });
    await bed.send({ name: 'shop/paid', data: { n: 1, id: 'a', missing: 1 } });

    const runs = await Promise.all(ids.map((id) => bed.endedRuns(id)));
    expect(runs.map(([run]) => run?.output)).toEqual(Object.values(conditions));
  });

  it('ends by its time, though the app has no room to be told and such an event comes later', async () => {
    const release = gate();
    let isBusy = false;
    const { url } = await createTestDatabase('empty');
    const bed = await startTestBed({
      engine: { databaseUrl: url, maxCallsInFlight: 1 },
      functions: (client) => [
        client.createFunction({ id: 'short', triggers: [{ event: 'shop/short' }] }, async ({ step }) =>
          step.waitForEvent('paid', { event: 'shop/paid', timeout: '2s' }),
        ),
        client.createFunction({ id: 'busy', triggers: [{ event: 'shop/busy' }] }, async () => {
          isBusy = true;
          await release.opened;
        }),
      ],
    });
    const dueAtMs = async () => {
      const [step] = await query(url, `select due_at_ms from engine.steps where status = 'waiting'`);
      return step && Number(step.due_at_ms);
    };
    const order = await bed.send({ name: 'shop/short' });
    const endMs = await waitFor(dueAtMs, { what: 'the wait' });
    const busy = await bed.send({ name: 'shop/busy' });
    await waitFor(() => isBusy, { what: 'the call that keeps the app busy' });
    await waitFor(() => Date.now() > endMs, { what: 'the end of its time' });
    expect(await dueAtMs()).toBe(endMs);

    await bed.send({ name: 'shop/paid', data: { n: 1 } });
    await waitFor(async () => (await query(url, 'select from engine.effects')).length === 0, {
      what: 'the event to be carried out',
    });
    release.open();

    const runs = [...(await bed.endedRuns(order)), ...(await bed.endedRuns(busy))];
    expect(runs).toMatchObject([{ status: 'Completed', output: null }, { status: 'Completed' }]);
  });

  it('is gone when its run is cancelled', async () => {
    const bed = await startWaitBed({ functions: (client) => [waitingFunction(client)] });
    const eventId = await bed.send({ name: 'shop/order', data: { id: 7 } });
    await bed.waiting(1);
    const [waiting] = await bed.runsOf(eventId);

    await bed.api(`/v1/runs/${waiting?.run_id}`, { method: 'DELETE' });

    const [run] = await bed.endedRuns(eventId);
    expect(run?.status).toBe('Cancelled');
    expect(await bed.openWaits()).toEqual([]);
  });
});

function waitingFunction(client: Inngest) {
  return client.createFunction({ id: 'wait', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
    await step.run('before', () => 1);
    return await step.waitForEvent('paid', { event: 'shop/paid', match: 'data.id', timeout: '1h' });
  });
}

describe('a wait for a signal', () => {
  const waiting = (client: Inngest) =>
    client.createFunction({ id: 'wait', triggers: [{ event: 'shop/wait' }] }, async ({ step, event }) =>
      step.waitForSignal('signal', { signal: event.data.signal, timeout: '1h', onConflict: 'fail' }),
    );

  it('has one winner only, however many ask for it at once', async () => {
    const bed = await startWaitBed({ functions: (client) => [waiting(client)] });
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => bed.send({ name: 'shop/wait', data: { signal: 'rare' } })),
    );
    await waitFor(
      async () =>
        (await Promise.all(ids.map(bed.runsOf))).flat().filter((run) => run.status === 'Failed').length ===
        19,
      {
        what: '19 runs that lost',
      },
    );

    const answers = await Promise.all([1, 2, 3].map((data) => bed.sendSignal({ signal: 'rare', data })));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
  });
});

it('an invoked function answers while an event still resumes many other steps', async () => {
  const { url } = await createTestDatabase('empty');
  const bed = await startTestBed({
    engine: { databaseUrl: url },
    functions: (client) => {
      const callee = client.createFunction({ id: 'callee', triggers: [] }, async () => 'answer');
      return [
        callee,
        client.createFunction({ id: 'many', triggers: [{ event: 'shop/many' }] }, async ({ step }) => {
          const wait = (n: number) => step.waitForEvent(`wait ${n}`, { event: 'shop/end', timeout: '1h' });
          await Promise.all(Array.from({ length: 300 }, (_, n) => wait(n)));
        }),
        client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
          step.invoke('call', { function: callee }),
        ),
      ];
    },
  });
  const waits = async () => (await query(url, 'select from engine.waits')).length;
  await bed.client.send(Array.from({ length: 10 }, () => ({ name: 'shop/many' })));
  await waitFor(async () => (await waits()) === 3_000, { what: '3,000 waits', timeoutMs: 20_000 });

  await bed.send({ name: 'shop/end' });
  const runs = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

  expect(runs).toMatchObject([{ output: 'answer' }]);
  expect(await waits()).toBeGreaterThan(0);
});
