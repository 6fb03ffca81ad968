import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { reported } from './support/call.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { runStatus } from './support/server-api.ts';

const napId = 'a'.repeat(40);

/** Reports one sleep, then returns. */
function sleeping(op: object) {
  return startRawApp((_, index) =>
    index === 0 ? answer(206, [{ op: 'Sleep', id: napId, displayName: 'nap', ...op }]) : answer(200, 'awake'),
  );
}

describe.concurrent.each([true, false])('a sleep, checkpointing %s', (checkpointing) => {
  it('takes no call, lasts its time, and is a step like any other', async () => {
    const ran: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          await step.run('before', () => ran.push('before'));
          await step.sleep('nap', '2s');
          return await step.run('after', () => ran.push('after') && 'rested');
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'rested' });
    expect(ran).toEqual(['before', 'after']);
    const asleep = app.calls.findIndex((call) => reported(call) === 'Sleep');
    const [before, after] = app.calls.slice(asleep, asleep + 2).map((call) => call.receivedAtMs);
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it('until a date ends then, and one in the past at once', async () => {
    const until = Date.now() + 2_000;
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          await step.sleepUntil('past', new Date(0));
          await step.sleepUntil('future', new Date(until));
        }),
      ],
      { checkpointing },
    );

    expect((await app.run({ name: 'x' })).status).toBe('COMPLETED');
    // The distance is rounded to whole seconds.
    expect(app.calls.at(-1)?.receivedAtMs).toBeGreaterThanOrEqual(until - 1_000);
  });
});

describe.concurrent('a sleep on the wire', () => {
  it.each([
    ['a name', { name: '1s' }],
    ['a name in two units', { name: '0m1s' }],
    ['an option', { name: '', opts: { duration: '1s' } }],
    ['a date', { name: new Date(Date.now() + 1_000).toISOString() }],
  ])('may be given by %s', async (_, op) => {
    const app = await sleeping(op);

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'awake' });
    expect(app.calls[1]?.body.steps).toEqual({ [napId]: null });
  });

  it('of more than a year fails the run', async () => {
    const app = await sleeping({ name: '367d' });

    const run = await app.run('call');

    expect(run.status).toBe('FAILED');
    expect(JSON.stringify(run.error)).toContain('InngestErrTimeoutTooLong');
    expect(app.calls).toHaveLength(1);
  });

  it('keeps its first time when it is reported again', async () => {
    const app = await startRawApp((call, index) => {
      if (index === 0) {
        const nap = {
          op: 'Sleep',
          id: napId,
          name: '1s',
          displayName: 'nap',
          opts: { parallelMode: 'race' },
        };
        return answer(206, [
          nap,
          { op: 'StepPlanned', id: 'b'.repeat(40), displayName: 'b', opts: nap.opts },
        ]);
      }
      if (call.stepId.startsWith('b')) {
        return answer(206, [{ op: 'StepRun', id: call.stepId, displayName: 'b', data: 1 }]);
      }
      if (call.body.ctx.stack.stack.includes(napId)) return answer(200, 'awake');
      return answer(206, [
        { op: 'Sleep', id: napId, name: '1h', displayName: 'nap', opts: { parallelMode: 'race' } },
      ]);
    });

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'awake' });
  });

  it('leaves the run running', async () => {
    const app = await sleeping({ name: '1h' });
    const eventId = await app.send('call');
    const runId = await app.runId(eventId);

    const status = await waitFor(async () => await runStatus(app.server, runId), {
      what: 'the status of the run',
    });

    expect(status).toBe('RUNNING');
  });
});
