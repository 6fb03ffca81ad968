import { type FailureEventArgs, NonRetriableError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { callApi } from './support/server-api.ts';

type Ending = 'finished' | 'failed' | 'cancelled';

/** What the events about the ends of runs carry, as far as tests look at it. */
interface EndEvent {
  readonly name: string;
  readonly id: string;
  readonly data: {
    readonly _inngest: { readonly status: string };
    readonly function_id: string;
    readonly run_id: string;
    readonly event: { readonly name: string; readonly data: unknown };
    readonly events: readonly { readonly name: string }[];
    readonly result?: unknown;
    readonly error?: { readonly name: string; readonly message: string; readonly stack?: string };
  };
}

/** A function that hears how runs of another one end. */
function listener({ client, slug }: AppParts, ending: Ending, of: string) {
  return client.createFunction(
    {
      id: `hears-${ending}-${of}`,
      triggers: [{ event: `inngest/function.${ending}`, if: `event.data.function_id == '${slug(of)}'` }],
    },
    async () => null,
  );
}

async function heard(app: SdkApp, ending: Ending, of: string): Promise<EndEvent> {
  const call = await waitFor(() => app.callsOf(`hears-${ending}-${of}`)[0], {
    what: `the event inngest/function.${ending} of ${of}`,
    timeoutMs: patienceMs,
  });
  // The protocol says of an internal event what the SDK's types leave open.
  return call.body.event as unknown as EndEvent;
}

describe.concurrent('a run that completes', () => {
  it('is followed by inngest/function.finished, and by nothing else', async () => {
    const app = await startApp((parts) => [
      parts.client.createFunction({ id: 'good', triggers: [{ event: parts.event('go') }] }, async () => ({
        fine: true,
      })),
      listener(parts, 'finished', 'good'),
      listener(parts, 'failed', 'good'),
      listener(parts, 'cancelled', 'good'),
    ]);

    const run = await app.run({ name: 'go', data: { n: 1 } }, 'good');
    const finished = await heard(app, 'finished', 'good');

    expect(finished.data).toMatchObject({
      _inngest: { status: 'Completed' },
      function_id: app.slug('good'),
      run_id: run.id,
      event: { name: app.event('go'), data: { n: 1 } },
      events: [{ name: app.event('go') }],
      result: { fine: true },
    });
    expect(finished.data).not.toHaveProperty('error');
    expect(app.callsOf('hears-failed-good')).toEqual([]);
    expect(app.callsOf('hears-cancelled-good')).toEqual([]);
  });

  it('and was itself about an end is followed by nothing', async () => {
    const app = await startApp((parts) => [
      parts.client.createFunction({ id: 'good', triggers: [{ event: parts.event('go') }] }, async () => null),
      listener(parts, 'finished', 'good'),
      listener(parts, 'finished', 'hears-finished-good'),
    ]);

    for (const _ of [1, 2]) {
      const eventId = await app.send({ name: 'go' });
      const run = await app.ended(eventId, 'good');
      const call = await waitFor(
        () =>
          app
            .callsOf('hears-finished-good')
            .find(({ body }) => body.event.data.run_id === run.id && body.ctx.run_id),
        { what: 'the listener', timeoutMs: patienceMs },
      );
      await app.ended(call.body.event.id, 'hears-finished-good');
    }

    expect(app.callsOf('hears-finished-hears-finished-good')).toEqual([]);
  });
});

describe.concurrent('a run that fails', () => {
  it('calls onFailure once, with the error and the original event', async () => {
    const failures: unknown[] = [];
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'doomed',
          retries: 1,
          triggers: [{ event: event('go') }],
          onFailure: async ({ event, error }: FailureEventArgs) => {
            const { name, message } = error;
            failures.push({ name, message, original: event.data.event.data, runId: event.data.run_id });
          },
        },
        async ({ step }) => {
          await step.run('a', () => {
            throw new TypeError('boom', { cause: new Error('because') });
          });
        },
      ),
    ]);

    const run = await app.run({ name: 'go', data: { order: 7 } }, 'doomed');
    const handler = await app.ended(run.id, 'doomed-failure');

    expect([run.status, handler.status]).toEqual(['FAILED', 'COMPLETED']);
    expect(failures).toEqual([{ name: 'TypeError', message: 'boom', original: { order: 7 }, runId: run.id }]);
  });

  it('is followed by inngest/function.failed, with the run’s id, and by inngest/function.finished', async () => {
    const app = await startApp((parts) => [
      parts.client.createFunction({ id: 'bad', triggers: [{ event: parts.event('go') }] }, async () => {
        throw new NonRetriableError('broken');
      }),
      listener(parts, 'failed', 'bad'),
      listener(parts, 'finished', 'bad'),
    ]);

    const run = await app.run({ name: 'go' }, 'bad');
    const failed = await heard(app, 'failed', 'bad');
    const finished = await heard(app, 'finished', 'bad');

    expect(failed.id).toBe(run.id);
    expect(finished.id).not.toBe(run.id);
    for (const { data } of [failed, finished]) {
      expect(data).toMatchObject({
        _inngest: { status: 'Failed' },
        function_id: app.slug('bad'),
        run_id: run.id,
        event: { name: app.event('go') },
        error: { name: 'NonRetriableError', message: 'broken', stack: expect.stringContaining('broken') },
        result: { message: 'broken' },
      });
    }
  });

  it('in its failure handler does not call the handler again', async () => {
    let handled = 0;
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'doomed',
          retries: 0,
          triggers: [{ event: event('go') }],
          onFailure: async () => {
            handled += 1;
            throw new NonRetriableError('worse');
          },
        },
        async () => {
          throw new Error('bad');
        },
      ),
    ]);

    const run = await app.run({ name: 'go' }, 'doomed');
    const handler = await app.ended(run.id, 'doomed-failure');
    const second = await app.run({ name: 'go' }, 'doomed');
    await app.ended(second.id, 'doomed-failure');

    expect(handler).toMatchObject({ status: 'FAILED', error: { message: 'worse' } });
    expect(handled).toBe(2);
  });
});

describe.concurrent('a run that is cancelled', () => {
  it('is followed by inngest/function.cancelled, and does not call onFailure', async () => {
    let handled = 0;
    const app = await startApp((parts) => [
      parts.client.createFunction(
        {
          id: 'stopped',
          triggers: [{ event: parts.event('go') }],
          onFailure: async () => {
            handled += 1;
          },
        },
        async ({ step }) => await step.sleep('long', '1h'),
      ),
      listener(parts, 'cancelled', 'stopped'),
      listener(parts, 'finished', 'stopped'),
    ]);
    const eventId = await app.send({ name: 'go' });
    const runId = await app.runId(eventId, 'stopped');

    await callApi(app.server, `/v1/runs/${runId}`, { method: 'DELETE' });
    const cancelled = await heard(app, 'cancelled', 'stopped');
    const finished = await heard(app, 'finished', 'stopped');

    expect(cancelled.id).toBe(runId);
    for (const { data } of [cancelled, finished]) {
      expect(data).toMatchObject({ _inngest: { status: 'Cancelled' }, run_id: runId });
      expect(data).not.toHaveProperty('error');
    }
    expect(handled).toBe(0);
  });
});
