import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { startTestBed } from './engine-app.ts';

/** Nested as deep as an event may be: it lies at the third level of its own event. */
function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let n = 1; n < levels; n += 1) value = { value };
  return value;
}

it('a run whose event is nested as deep as possible fails, is cancelled and tells its invoker and handlers like any other', async () => {
  const handled: unknown[] = [];
  const bed = await startTestBed({
    functions: (client) => {
      const failing = client.createFunction({ id: 'failing', triggers: [], retries: 0 }, async () => {
        throw new Error('no');
      });
      return [
        failing,
        client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step, event }) =>
          step.invoke('call', { function: failing, data: event.data }).catch((error: Error) => error.message),
        ),
        client.createFunction({ id: 'sleeper', triggers: [{ event: 'shop/sleep' }] }, async ({ step }) =>
          step.sleep('long', '1h'),
        ),
        client.createFunction(
          {
            id: 'handler',
            triggers: [{ event: 'inngest/function.failed' }, { event: 'inngest/function.cancelled' }],
          },
          async ({ event }) => {
            handled.push(event.data.function_id);
          },
        ),
      ];
    },
  });
  const data = nested(998);

  const [invoker] = await bed.endedRuns(await bed.send({ name: 'shop/call', data }));
  const asleep = await bed.send({ name: 'shop/sleep', data });
  await waitFor(async () => (await bed.runsOf(asleep)).length > 0, { what: 'the run' });
  const [sleeper] = await bed.runsOf(asleep);
  await bed.api(`/v1/runs/${sleeper?.run_id}`, { method: 'DELETE' });

  expect(invoker).toMatchObject({ status: 'Completed', output: 'no' });
  expect(await bed.endedRuns(asleep)).toMatchObject([{ status: 'Cancelled' }]);
  await waitFor(() => handled.length === 2, { what: 'the handlers' });
  expect(handled.toSorted()).toEqual(['shop-failing', 'shop-sleeper']);
});

it('a run ends though the database refuses what follows from its end, and the log says so', async () => {
  const { url } = await createTestDatabase('empty');
  const lines: string[] = [];
  const bed = await startTestBed({
    engine: { databaseUrl: url, logger: pino({}, { write: (line: string) => void lines.push(line) }) },
    functions: (client) => [
      client.createFunction({ id: 'fails', triggers: [{ event: 'shop/fail' }], retries: 0 }, async () => {
        throw new Error('no');
      }),
    ],
  });
  await query(
    url,
    `alter table engine.events add constraint refused check (name <> 'inngest/function.failed')`,
  );

  const [run] = await bed.endedRuns(await bed.send({ name: 'shop/fail' }));

  expect(run?.status).toBe('Failed');
  expect(await query(url, 'select due_at_ms from engine.runs where due_at_ms is not null')).toEqual([]);
  expect(lines.join('')).toContain('neither its invoker nor handlers hear of it');
});

it('an event and a signal that are nested too deep are refused', async () => {
  const bed = await startTestBed({
    functions: (client) => [
      client.createFunction({ id: 'waits', triggers: [{ event: 'shop/wait' }] }, async ({ step }) =>
        step.waitForSignal('wait', { signal: 'deep', timeout: '1h' }),
      ),
    ],
  });
  await bed.send({ name: 'shop/wait' });
  const post = (path: string, body: object) =>
    bed.api(path, { method: 'POST', body: JSON.stringify({ ...body, data: nested(1_500) }) });

  const event = await post('/e/key', { name: 'shop/deep' });
  // Nobody is told anything else while nobody waits for the signal.
  const signal = await waitFor(
    async () => {
      const response = await post('/v1/signals', { signal: 'deep' });
      return response.status === 404 ? undefined : response;
    },
    { what: 'the wait' },
  );

  for (const response of [event, signal]) {
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('nested more than 1000 levels deep');
  }
});
