import type { Inngest } from 'inngest';
import { describe, expect, it } from 'vitest';
import { firstIdAt, newId } from '../../engine/protocol/ids.ts';
import { query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { gate } from './engine-app.ts';
import { type Restartable, startRestartable } from './restartable.ts';

async function waiting(bed: Restartable, count: number): Promise<void> {
  const select = `select id from engine.steps where status = 'waiting'`;
  await waitFor(async () => (await query(bed.databaseUrl, select)).length === count, {
    what: `${count} waiting steps`,
  });
}

function waitingFunction(client: Inngest, timeout: string) {
  return client.createFunction({ id: 'wait', triggers: [{ event: 'shop/order' }] }, async ({ step }) =>
    step.waitForEvent('paid', { event: 'shop/paid', match: 'data.id', timeout }),
  );
}

/** When the first and the last of the steps that wait have waited long enough, in ms since 1970. */
async function endOfWaits(bed: Restartable): Promise<{ firstMs: number; lastMs: number }> {
  const [row] = await query(
    bed.databaseUrl,
    `select min(due_at_ms) as first, max(due_at_ms) as last from engine.steps where status = 'waiting'`,
  );
  return { firstMs: Number(row?.first), lastMs: Number(row?.last) };
}

/** What remains of an event that was taken just before the engine was killed. */
async function storeUndone(
  bed: Restartable,
  receivedAtMs: number,
  data: object,
  beforeId = firstIdAt(receivedAtMs).slice(0, 10) + newId().slice(10),
): Promise<void> {
  const id = newId();
  const payload = JSON.stringify({ data, id, name: 'shop/paid', ts: receivedAtMs, user: {} });
  await query(
    bed.databaseUrl,
    `insert into engine.events (id, name, received_at_ms, payload) values ('${id}', 'shop/paid', ${receivedAtMs}, '${payload}')`,
  );
  await query(
    bed.databaseUrl,
    `insert into engine.effects (event_id, kind, target, before_id) values ('${id}', 'resume', '', '${beforeId}')`,
  );
}

describe('after a restart', () => {
  it('a wait is ended by its event, another by its time, which was over meanwhile', async () => {
    const bed = await startRestartable((client) => [waitingFunction(client, '1h'), shortWait(client)]);
    const long = await bed.send({ name: 'shop/order', data: { id: 1 } });
    const short = await bed.send({ name: 'shop/short' });
    await waiting(bed, 2);

    await bed.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await bed.start();

    expect((await bed.endedRuns(short))[0]?.output).toBeNull();
    await bed.send({ name: 'shop/paid', data: { id: 1 } });
    expect((await bed.endedRuns(long))[0]?.output).toMatchObject({ data: { id: 1 } });
  });

  it('an event that came after the time of a wait does not end it, though nobody has ended it yet', async () => {
    const bed = await startRestartable((client) => [waitingFunction(client, '3s')]);
    const order = await bed.send({ name: 'shop/order', data: { id: 1 } });
    await waiting(bed, 1);

    await bed.stop();
    const { lastMs } = await endOfWaits(bed);
    await storeUndone(bed, lastMs + 1, { id: 1 }, newId());
    await bed.start();

    expect((await bed.endedRuns(order))[0]?.output).toBeNull();
  });

  it('an event that was taken before the kill still ends waits, once, also those whose time is over by now', async () => {
    const bed = await startRestartable((client) => [waitingFunction(client, '2s')]);
    const ids = [1, 2, 3].map((id) => bed.send({ name: 'shop/order', data: { id } }));
    const orders = await Promise.all(ids);
    await waiting(bed, 3);

    await bed.stop();
    const { firstMs, lastMs } = await endOfWaits(bed);
    const receivedAtMs = firstMs - 500;
    await storeUndone(bed, receivedAtMs, { id: 1, first: true });
    await storeUndone(bed, receivedAtMs + 1, { id: 1, first: false });
    await storeUndone(bed, receivedAtMs + 2, { id: 2 });
    await waitFor(() => Date.now() > lastMs, { what: 'the end of the waits' });
    await bed.start();

    const runs = await Promise.all(orders.map((id) => bed.endedRuns(id)));
    expect(runs.map(([run]) => (run?.output as { data?: unknown } | null)?.data ?? null)).toEqual([
      { id: 1, first: true },
      { id: 2 },
      null,
    ]);
    await waitFor(async () => (await query(bed.databaseUrl, 'select from engine.effects')).length === 0, {
      what: 'the end of all effects',
    });
    expect(await query(bed.databaseUrl, 'select from engine.waits')).toEqual([]);
  });

  it('an invoked function still tells its invoker, and a signal finds its step', async () => {
    const { opened, open } = gate();
    const bed = await startRestartable((client) => {
      const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ step }) => {
        await step.run('gate', async () => await opened);
        return 'answer';
      });
      return [
        callee,
        client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
          step.invoke('call', { function: callee }),
        ),
        client.createFunction({ id: 'signal', triggers: [{ event: 'shop/signal' }] }, async ({ step }) =>
          step.waitForSignal('signal', { signal: 'go', timeout: '1h' }),
        ),
      ];
    });
    const call = await bed.send({ name: 'shop/call' });
    const signal = await bed.send({ name: 'shop/signal' });
    await waiting(bed, 2);

    await bed.stop();
    await bed.start();
    open();
    const sent = await bed.api('/v1/signals', {
      method: 'POST',
      body: JSON.stringify({ signal: 'go', data: 1 }),
    });

    expect(sent.status).toBe(200);
    expect((await bed.endedRuns(call))[0]?.output).toBe('answer');
    expect((await bed.endedRuns(signal))[0]?.output).toEqual({ signal: 'go', data: 1 });
  });
});

function shortWait(client: Inngest) {
  return client.createFunction({ id: 'short', triggers: [{ event: 'shop/short' }] }, async ({ step }) =>
    step.waitForEvent('never', { event: 'shop/never', timeout: '1s' }),
  );
}

it('an event and the end of the time that meet end each wait once, in one way or the other', async () => {
  const ends = new Map<number, unknown[]>();
  const bed = await startRestartable((client) => [
    client.createFunction({ id: 'race', triggers: [{ event: 'shop/order' }] }, async ({ event, step }) => {
      const paid = await step.waitForEvent('paid', { event: 'shop/paid', match: 'data.id', timeout: '1s' });
      await step.run('end', () => {
        const id = Number(event.data.id);
        ends.set(id, [...(ends.get(id) ?? []), paid?.data.id ?? null]);
      });
    }),
  ]);
  const events = Array.from({ length: 40 }, (_, id) => ({ name: 'shop/order', data: { id } }));
  const { ids: orders } = await bed.client.send(events);
  const select = `select due_at_ms from engine.steps where op = 'WaitForEvent' order by created_at_ms`;
  const [first] = await waitFor(
    async () => {
      const steps = await query(bed.databaseUrl, select);
      return steps.length === 40 && steps;
    },
    { what: '40 waits' },
  );
  const startMs = Number(first?.due_at_ms ?? 0) - 50;

  await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs - Date.now())));
  for (let id = 0; id < 40; id += 1) await bed.send({ name: 'shop/paid', data: { id } });

  await Promise.all(orders.map((id) => bed.endedRuns(id)));
  for (let id = 0; id < 40; id += 1) {
    expect(ends.get(id)).toHaveLength(1);
    expect([id, null]).toContain(ends.get(id)?.[0]);
  }
  expect(await query(bed.databaseUrl, 'select from engine.waits')).toEqual([]);
});
