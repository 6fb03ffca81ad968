import { createDefer } from 'inngest/experimental';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { reported } from './support/call.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { callApi } from './support/server-api.ts';

const cases = [true, false].flatMap((checkpointing) =>
  (['returns', 'throws', 'is cancelled'] as const).map((end) => ({ checkpointing, end })),
);

describe.concurrent('a deferred function', () => {
  it.each(cases)(
    'starts when its run $end, with its data (checkpointing: $checkpointing)',
    async ({ end, ...options }) => {
      const app = await startApp(({ client, event }) => {
        const later = createDefer(client, { id: 'later' }, async ({ event, parents }) => ({
          n: event.data.n,
          parents,
        }));
        const parent = client.createFunction(
          { id: 'parent', retries: 0, triggers: [{ event: event('go') }] },
          async ({ step, defer }) => {
            defer('first', { function: later, data: { n: 1 } });
            await step.run('a', () => null);
            defer('second', { function: later, data: { n: 2 } });
            const third = defer('third', { function: later, data: { n: 3 } });
            await step.run('b', () => null);
            third.abort();
            await step.run('c', () => null);
            if (end === 'throws') throw new Error('no');
            if (end === 'is cancelled') await step.sleep('long', '1h');
          },
        );
        return [later, parent];
      }, options);

      const eventId = await app.send({ name: 'go' });
      const runId = await app.runId(eventId, 'parent');
      if (end === 'is cancelled') {
        await waitFor(() => app.callsOf('parent').some((call) => reported(call).includes('Sleep')), {
          what: 'the sleep',
          timeoutMs: patienceMs,
        });
        expect(app.callsOf('later')).toEqual([]);
        await callApi(app.server, `/v1/runs/${runId}`, { method: 'DELETE' });
      }
      await app.ended(eventId, 'parent');
      const calls = await waitFor(() => (app.callsOf('later').length >= 2 ? app.callsOf('later') : null), {
        what: 'two deferred runs',
        timeoutMs: patienceMs,
      });
      const outputs = await Promise.all(
        calls.map(async ({ body }) => (await app.ended(body.event.id, 'later')).output),
      );

      const parents = [{ fnSlug: app.slug('parent'), runId }];
      expect(outputs.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
        { n: 1, parents },
        { n: 2, parents },
      ]);
      expect(calls[0]?.body.event).toMatchObject({
        name: 'inngest/deferred.schedule',
        data: {
          _inngest: { fn_slug: app.slug('later'), parent_fn_slug: app.slug('parent'), parent_run_id: runId },
        },
      });
    },
  );

  it('is known to later calls of its run', async () => {
    const id = 'd'.repeat(40);
    const add = {
      op: 'DeferAdd',
      id,
      displayName: 'later',
      opts: { fn_slug: 'nobody-there', input: { n: 1 } },
    };
    const app = await startRawApp((call) =>
      call.body.ctx.stack.stack.length === 0
        ? answer(206, [add, { op: 'StepRun', id: 'a'.repeat(40), displayName: 'a', data: 1 }])
        : answer(200, call.body.defers),
    );

    const run = await app.run('call');

    expect(run).toMatchObject({ status: 'COMPLETED', output: { [id]: { abortable: true } } });
    expect(app.calls[1]?.body.ctx.disable_immediate_execution).toBe(false);
  });

  it.each([
    ['is no object', 'not an object'],
    ['is too large', { text: 'x'.repeat(4_300_000) }],
  ])('whose input %s does not fail its run', async (_, input) => {
    const add = {
      op: 'DeferAdd',
      id: 'd'.repeat(40),
      displayName: 'later',
      opts: { fn_slug: 'later', input },
    };
    const app = await startRawApp((call) =>
      call.body.ctx.stack.stack.length === 0
        ? answer(206, [add, { op: 'StepRun', id: 'a'.repeat(40), displayName: 'a', data: 1 }])
        : answer(200, 'fine'),
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'fine' });
  });
});
