import { type InngestFunction, NonRetriableError, referenceFunction } from 'inngest';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import type { Call } from './support/call.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { callApi } from './support/server-api.ts';

/** A function that invokes another one with the data of its event, and tells what came of it. */
function caller({ client, event }: AppParts, functionId: string, timeout?: string) {
  return client.createFunction(
    { id: 'caller', triggers: [{ event: event('go') }] },
    async ({ event, step }) => {
      try {
        const result = await step.invoke('call', {
          function: referenceFunction({ functionId }),
          data: event.data,
          ...(timeout === undefined ? {} : { timeout }),
        });
        return { result };
      } catch (error) {
        const { name, message } = error as Error;
        return { name, message };
      }
    },
  );
}

function define(
  callee: (parts: AppParts) => InngestFunction.Any[],
  timeout?: string,
): (parts: AppParts) => InngestFunction.Any[] {
  return (parts) => [caller(parts, 'callee', timeout), ...callee(parts)];
}

describe.concurrent('an invocation', () => {
  it('gives the caller what the callee returns', async () => {
    const app = await startApp(
      define(({ client, event }) => [
        client.createFunction({ id: 'callee', triggers: [] }, async ({ event, step }) => {
          return await step.run('double', () => Number(event.data.n) * 2);
        }),
        client.createFunction({ id: 'bystander', triggers: [{ event: event('other') }] }, async () => null),
      ]),
    );

    const run = await app.run({ name: 'go', data: { n: 21 } }, 'caller');
    const [call] = app.callsOf('callee');

    expect(run).toMatchObject({ status: 'COMPLETED', output: { result: 42 } });
    expect(call?.body.event).toMatchObject({ name: 'inngest/function.invoked', data: { n: 21 } });
    expect(call?.body.event.data._inngest).toMatchObject({
      fn_id: app.slug('callee'),
      correlation_id: expect.stringContaining(run.id),
    });
    expect(Object.values(app.callsOf('caller').at(-1)?.body.steps ?? {})).toEqual([{ data: 42 }]);
    expect(app.callsOf('bystander')).toEqual([]);
  });

  it('starts a function that has other triggers too, and only that', async () => {
    const app = await startApp(
      define(({ client, event }) => [
        client.createFunction(
          { id: 'callee', triggers: [{ event: event('x') }] },
          async ({ event }) => event.name,
        ),
      ]),
    );

    expect((await app.run({ name: 'go' }, 'caller')).output).toEqual({ result: 'inngest/function.invoked' });
  });

  it('gives the caller the error of a callee that failed, after its retries', async () => {
    const app = await startApp(
      define(({ client }) => [
        client.createFunction({ id: 'callee', retries: 1, triggers: [] }, async () => {
          throw new TypeError('no luck');
        }),
      ]),
    );

    const run = await app.run({ name: 'go' }, 'caller');

    expect(run.output).toMatchObject({ message: expect.stringContaining('no luck') });
    expect(app.callsOf('callee')).toHaveLength(2);
  });

  it('of a function that does not exist fails', async () => {
    const app = await startApp(define(() => []));

    const run = await app.run({ name: 'go' }, 'caller');

    expect(run).toMatchObject({
      status: 'COMPLETED',
      output: { message: expect.stringContaining('could not find function') },
    });
  });

  it('gives up after its time, and lets the callee go on', async () => {
    const app = await startApp(
      define(
        ({ client }) => [
          client.createFunction({ id: 'callee', triggers: [] }, async ({ step }) => {
            await step.sleep('nap', '4s');
            return 'late';
          }),
        ],
        '2s',
      ),
    );

    const run = await app.run({ name: 'go' }, 'caller');
    const callee = await app.ended(app.callsOf('callee')[0]?.body.event.id ?? '', 'callee');

    expect(run.output).toMatchObject({
      message: expect.stringContaining('Timed out waiting for invoked function to complete'),
    });
    expect(callee).toMatchObject({ status: 'COMPLETED', output: 'late' });
  });

  it('may be made many times in parallel', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'caller', triggers: [{ event: event('go') }] }, async ({ step }) => {
        const callee = referenceFunction({ functionId: 'callee' });
        return await Promise.all(
          Array.from({ length: 10 }, (_, n) => step.invoke(`call-${n}`, { function: callee, data: { n } })),
        );
      }),
      client.createFunction({ id: 'callee', triggers: [] }, async ({ event }) => event.data.n),
    ]);

    const run = await app.run({ name: 'go' }, 'caller');

    expect(run.output).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(app.callsOf('callee')).toHaveLength(10);
  });

  it('reaches functions of other apps', async () => {
    const other = await startApp(({ client }) => [
      client.createFunction({ id: 'far', triggers: [] }, async () => 'from afar'),
    ]);
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'caller', triggers: [{ event: event('go') }] }, async ({ step }) => {
        return await step.invoke('call', {
          function: referenceFunction({ appId: other.id, functionId: 'far' }),
        });
      }),
    ]);

    expect((await app.run({ name: 'go' }, 'caller')).output).toBe('from afar');
  });

  it('obeys the flow control of the callee: over its rate limit it fails', async () => {
    const app = await startApp(
      define(({ client }) => [
        client.createFunction(
          { id: 'callee', triggers: [], rateLimit: { limit: 1, period: '1h' } },
          async () => 'admitted',
        ),
      ]),
    );

    const first = await app.run({ name: 'go' }, 'caller');
    const second = await app.run({ name: 'go' }, 'caller');

    expect(first.output).toEqual({ result: 'admitted' });
    expect(second.output).toMatchObject({ message: expect.stringContaining('rate limited') });
  });

  it('is not undone when the caller is cancelled', async () => {
    const app = await startApp(
      define(({ client }) => [
        client.createFunction({ id: 'callee', triggers: [] }, async ({ step }) => {
          await step.sleep('nap', '2s');
          return 'went on';
        }),
      ]),
    );
    const eventId = await app.send({ name: 'go' });
    const runId = await app.runId(eventId, 'caller');
    const calleeEvent = await calleeEventId(app);

    await callApi(app.server, `/v1/runs/${runId}`, { method: 'DELETE' });

    expect((await app.ended(eventId, 'caller')).status).toBe('CANCELLED');
    expect(await app.ended(calleeEvent, 'callee')).toMatchObject({ status: 'COMPLETED', output: 'went on' });
  });

  it('of a callee that is cancelled fails', async () => {
    const app = await startApp(
      define(({ client }) => [
        client.createFunction(
          { id: 'callee', triggers: [] },
          async ({ step }) => await step.sleep('nap', '1h'),
        ),
      ]),
    );
    const eventId = await app.send({ name: 'go' });
    const calleeRun = await app.runId(await calleeEventId(app), 'callee');

    await callApi(app.server, `/v1/runs/${calleeRun}`, { method: 'DELETE' });

    expect((await app.ended(eventId, 'caller')).output).toMatchObject({ message: expect.any(String) });
  });

  it('fails the caller if nobody catches the error', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'caller', triggers: [{ event: event('go') }] }, async ({ step }) => {
        await step.invoke('call', { function: referenceFunction({ functionId: 'callee' }) });
      }),
      client.createFunction({ id: 'callee', triggers: [] }, async () => {
        throw new NonRetriableError('broken');
      }),
    ]);

    expect(await app.run({ name: 'go' }, 'caller')).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining('broken') },
    });
  });
});

describe.concurrent('an invocation on the wire', () => {
  const invoking = (opts: (call: Call) => object) =>
    startRawApp((call) => {
      if (call.body.event.name === 'inngest/function.invoked')
        return answer(200, call.body.event.data.n ?? null);
      if (call.body.ctx.stack.stack.length > 0) return answer(200, call.body.steps['a'.repeat(40)]);
      const op = { op: 'InvokeFunction', id: 'a'.repeat(40), name: 'call', displayName: 'call' };
      return answer(206, [{ ...op, opts: opts(call) }]);
    });

  it('may name the function by the id that the server gave it', async () => {
    const app = await invoking(({ body }) => ({ function_id: body.ctx.fn_id, payload: { data: { n: 7 } } }));

    expect((await app.run('call')).output).toEqual({ data: 7 });
  });

  it('needs no data', async () => {
    const app = await invoking(({ slug }) => ({ function_id: slug, payload: {} }));

    expect((await app.run('call')).output).toEqual({ data: null });
  });
});

async function calleeEventId(app: SdkApp): Promise<string> {
  const call = await waitFor(() => app.callsOf('callee')[0], { what: 'the callee', timeoutMs: patienceMs });
  return call.body.event.id;
}
