import { type Inngest, referenceFunction } from 'inngest';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { startTestBed, type TestBedOptions } from './engine-app.ts';

const modes = [{ checkpointing: true }, { checkpointing: false }, { signed: true }];

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

describe.each(modes)('a wait for an event with %o', (mode) => {
  it('is over when a matching event comes in, and gives the event', async () => {
    const bed = await startWaitBed({ ...mode, functions: (client) => [waitingFunction(client, '1h')] });

    const eventId = await bed.send({ name: 'shop/order', data: { id: 7 } });
    await bed.waiting(1);
    await bed.send({ name: 'shop/paid', data: { id: 8 } });
    await bed.send({ name: 'shop/paid', data: { id: 7, amount: 3 } });

    const [run] = await bed.endedRuns(eventId);
    expect(run?.output).toMatchObject({ name: 'shop/paid', data: { id: 7, amount: 3 } });
    expect(await bed.openWaits()).toEqual([]);
  });

  it('gives null when its time is over', async () => {
    const bed = await startWaitBed({ ...mode, functions: (client) => [waitingFunction(client, '1s')] });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/order', data: { id: 7 } }));

    expect(run).toMatchObject({ status: 'Completed', output: null });
    expect(await bed.openWaits()).toEqual([]);
  });
});

describe('a wait for an event', () => {
  it('takes neither the event that triggered its run nor one that came before it', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        client.createFunction({ id: 'again', triggers: [{ event: 'shop/order' }] }, async ({ step }) =>
          step.waitForEvent('again', { event: 'shop/order', timeout: '1s' }),
        ),
      ],
    });
    await bed.send({ name: 'shop/order', data: { n: 0 } });
    await bed.waiting(1);

    const second = await bed.send({ name: 'shop/order', data: { n: 1 } });

    const [run] = await bed.endedRuns(second);
    expect(run).toMatchObject({ status: 'Completed', output: null });
  });

  it('may be one of many that an event ends, also while the event starts runs', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        waitingFunction(client, '1h'),
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

  it('fails its run at once when its expression does not compile', async () => {
    let calls = 0;
    const bed = await startWaitBed({
      functions: (client) => [
        client.createFunction({ id: 'bad', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
          calls += 1;
          await step.waitForEvent('paid', { event: 'shop/paid', if: 'async.data.id ==', timeout: '1h' });
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/order' }));

    expect(run).toMatchObject({ status: 'Failed', output: { name: 'InvalidExpression' } });
    expect(calls).toBe(1);
  });

  it('fails its run when it is to last longer than 366 days', async () => {
    const bed = await startWaitBed({ functions: (client) => [waitingFunction(client, '367d')] });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/order' }));

    expect(run).toMatchObject({ status: 'Failed', output: { name: 'InngestErrTimeoutTooLong' } });
  });

  it('takes an event that a sibling step sends', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        client.createFunction({ id: 'siblings', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
          const [, paid] = await Promise.all([
            step.sendEvent('pay', { name: 'shop/paid', data: { n: 5 } }),
            step.waitForEvent('paid', { event: 'shop/paid', timeout: '1h' }),
          ]);
          return paid?.data;
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/order' }));

    expect(run).toMatchObject({ status: 'Completed', output: { n: 5 } });
  });

  it('is gone when its run is cancelled', async () => {
    const bed = await startWaitBed({ functions: (client) => [waitingFunction(client, '1h')] });
    const eventId = await bed.send({ name: 'shop/order', data: { id: 7 } });
    await bed.waiting(1);
    const [waiting] = await bed.runsOf(eventId);

    await bed.api(`/v1/runs/${waiting?.run_id}`, { method: 'DELETE' });

    const [run] = await bed.endedRuns(eventId);
    expect(run?.status).toBe('Cancelled');
    expect(await bed.openWaits()).toEqual([]);
  });
});

function waitingFunction(client: Inngest, timeout: string) {
  return client.createFunction({ id: 'wait', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
    await step.run('before', () => 1);
    return await step.waitForEvent('paid', { event: 'shop/paid', match: 'data.id', timeout });
  });
}

describe.each(modes)('an invoked function with %o', (mode) => {
  it('gives its output to its invoker, and takes the data it was invoked with', async () => {
    const bed = await startWaitBed({
      ...mode,
      functions: (client) => {
        const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ event, step }) => {
          const doubled = await step.run('double', () => dataOf(event).n * 2);
          return { doubled, name: event.name, invoker: dataOf(event)._inngest };
        });
        return [
          callee,
          client.createFunction(
            { id: 'caller', triggers: [{ event: 'shop/call' }] },
            async ({ runId, step }) => {
              const result = await step.invoke('call', { function: callee, data: { n: 4 } });
              return { result, runId };
            },
          ),
        ];
      },
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

    expect(run).toMatchObject({
      status: 'Completed',
      output: {
        result: {
          doubled: 8,
          name: 'inngest/function.invoked',
          invoker: { fn_id: 'shop-callee', correlation_id: expect.stringContaining(`${run?.run_id}.`) },
        },
        runId: run?.run_id,
      },
    });
  });
});

/** A function without triggers says nothing of the data it takes. */
function dataOf(event: { data: unknown }): { n: number; _inngest: unknown } {
  return event.data as { n: number; _inngest: unknown };
}

describe('an invoked function', () => {
  it('fails its invoker, which may catch that, only after all its retries', async () => {
    let attempts = 0;
    const bed = await startWaitBed({
      functions: (client) => {
        const callee = client.createFunction({ id: 'callee', retries: 1, triggers: [] }, async () => {
          attempts += 1;
          throw new TypeError(`attempt ${attempts}`);
        });
        return [
          callee,
          client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
            step.invoke('call', { function: callee }).catch((error: Error) => error.message),
          ),
        ];
      },
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

    expect(run).toMatchObject({ status: 'Completed', output: 'attempt 2' });
  });

  it('is given up by its invoker after the time-out, and goes on', async () => {
    let isDone = false;
    const bed = await startWaitBed({
      functions: (client) => {
        const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ step }) => {
          await step.sleep('long', '2s');
          isDone = true;
        });
        return [
          callee,
          client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
            step.invoke('call', { function: callee, timeout: '1s' }).catch(({ message }: Error) => message),
          ),
        ];
      },
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

    expect(run?.output).toBe('Timed out waiting for invoked function to complete');
    expect(isDone).toBe(false);
    await waitFor(() => isDone, { what: 'the end of the invoked function' });
  });

  it('that does not exist fails the step', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
          step.invoke('call', { function: referenceFunction({ functionId: 'nope' }) }),
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

    expect(run).toMatchObject({
      status: 'Failed',
      output: { message: 'could not find function with ID: shop-nope' },
    });
  });

  it('goes on when its invoker is cancelled, and tells its invoker when it is cancelled itself', async () => {
    const bed = await startWaitBed({
      functions: (client) => {
        const callee = client.createFunction(
          { id: 'callee', triggers: [], cancelOn: [{ event: 'shop/stop-callee' }] },
          async ({ step }) => step.waitForEvent('go', { event: 'shop/go', timeout: '1h' }),
        );
        return [
          callee,
          client.createFunction(
            {
              id: 'caller',
              triggers: [{ event: 'shop/call' }],
              cancelOn: [{ event: 'shop/stop', match: 'data.n' }],
            },
            async ({ step }) =>
              step.invoke('call', { function: callee }).catch(({ message }: Error) => message),
          ),
        ];
      },
    });
    const first = await bed.send({ name: 'shop/call', data: { n: 1 } });
    const second = await bed.send({ name: 'shop/call', data: { n: 2 } });
    await bed.waiting(4);

    await bed.send({ name: 'shop/stop', data: { n: 1 } });
    const [cancelled] = await bed.endedRuns(first);
    await bed.waiting(3);
    await bed.send({ name: 'shop/stop-callee' });
    const [run] = await bed.endedRuns(second);

    expect(cancelled?.status).toBe('Cancelled');
    expect(run).toMatchObject({ status: 'Completed', output: 'Invoked function was cancelled' });
  });

  it('may be invoked many times at once', async () => {
    const bed = await startWaitBed({
      functions: (client) => {
        const callee = client.createFunction(
          { id: 'callee', triggers: [] },
          async ({ event }) => dataOf(event).n,
        );
        return [
          callee,
          client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
            Promise.all(
              Array.from({ length: 100 }, (_, n) =>
                step.invoke(`call-${n}`, { function: callee, data: { n } }),
              ),
            ),
          ),
        ];
      },
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

    expect(run?.output).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
});

describe('a wait for a signal', () => {
  const waiting = (client: Inngest, onConflict: 'fail' | 'replace' = 'fail', timeout = '1h') =>
    client.createFunction({ id: 'wait', triggers: [{ event: 'shop/wait' }] }, async ({ step, event }) =>
      step.waitForSignal('signal', { signal: event.data.signal, timeout, onConflict }),
    );

  it('is over when the signal is sent, and gives its data; nobody else may wait for it then', async () => {
    const bed = await startWaitBed({ signed: true, functions: (client) => [waiting(client)] });
    const eventId = await bed.send({ name: 'shop/wait', data: { signal: 'paid/7' } });
    await bed.waiting(1);
    const conflicting = await bed.send({ name: 'shop/wait', data: { signal: 'paid/7' } });
    const [refused] = await bed.endedRuns(conflicting);

    const sent = await bed.sendSignal({ signal: 'paid/7', data: { amount: 3 } });
    const [run] = await bed.endedRuns(eventId);
    const again = await bed.sendSignal({ signal: 'paid/7', data: { amount: 4 } });

    expect(refused).toMatchObject({ status: 'Failed' });
    expect(JSON.stringify(refused?.output)).toContain('Signal conflict;');
    expect(sent).toMatchObject({ status: 200, body: { data: { run_id: run?.run_id } } });
    expect(run?.output).toEqual({ signal: 'paid/7', data: { amount: 3 } });
    expect(again).toEqual({ status: 404, body: { error: 'No signal found', data: null, status: 404 } });
    expect(await bed.openWaits()).toEqual([]);
  });

  it('may be replaced by another one; the first then ends with its time', async () => {
    const bed = await startWaitBed({ functions: (client) => [waiting(client, 'replace', '2s')] });
    const first = await bed.send({ name: 'shop/wait', data: { signal: 's' } });
    await bed.waiting(1);
    const second = await bed.send({ name: 'shop/wait', data: { signal: 's' } });
    await bed.waiting(2);

    await bed.sendSignal({ signal: 's', data: 1 });

    expect((await bed.endedRuns(second))[0]?.output).toEqual({ signal: 's', data: 1 });
    expect((await bed.endedRuns(first))[0]?.output).toBeNull();
  });

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

  it('takes a signal that a step of another run sends', async () => {
    const bed = await startWaitBed({
      functions: (client) => [
        waiting(client),
        client.createFunction({ id: 'send', triggers: [{ event: 'shop/send' }] }, async ({ step }) =>
          step.sendSignal('send', { signal: 'hello', data: [1] }),
        ),
      ],
    });
    const eventId = await bed.send({ name: 'shop/wait', data: { signal: 'hello' } });
    await bed.waiting(1);

    await bed.send({ name: 'shop/send' });

    expect((await bed.endedRuns(eventId))[0]?.output).toEqual({ signal: 'hello', data: [1] });
  });
});
