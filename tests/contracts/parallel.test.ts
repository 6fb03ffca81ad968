import { type FailureEventArgs, NonRetriableError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { reported } from './support/call.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';

describe.concurrent.each([true, false])('parallel steps, checkpointing %s', (checkpointing) => {
  it('are called one by one, then the function goes on once', async () => {
    const ran: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          const before = await step.run('before', () => ran.push('before') && 0);
          const parts = await Promise.all(
            [1, 2, 3].map((n) => step.run(`part-${n}`, () => ran.push('part') && n)),
          );
          const after = await step.run('after', () => ran.push('after') && 4);
          return [before, ...parts, after];
        }),
      ],
      { checkpointing },
    );

    const run = await app.run({ name: 'x' });

    expect(run).toMatchObject({ status: 'COMPLETED', output: [0, 1, 2, 3, 4] });
    expect(ran).toEqual(['before', 'part', 'part', 'part', 'after']);
    const targeted = app.calls.filter((call) => call.stepId !== 'step');
    expect(targeted.map(reported)).toEqual(['StepRun', 'StepRun', 'StepRun']);
    expect(targeted.every((call) => call.body.ctx.disable_immediate_execution)).toBe(true);
    expect(new Set(targeted.map((call) => call.body.ctx.job_id)).size).toBe(3);
    const discoveries = app.calls.filter((call) => call.stepId === 'step');
    expect(discoveries.at(-1)?.body.ctx.disable_immediate_execution).toBe(false);
    const planning = discoveries.findIndex((call) => reported(call).includes('StepPlanned StepPlanned'));
    expect(planning).toBeGreaterThanOrEqual(0);
    expect(discoveries[planning + 1]?.body.ctx.stack.stack.length).toBe(4);
  });

  it('are retried and fail on their own; the others are not concerned', async () => {
    const attempts = { flaky: 0, doomed: 0 };
    let failures = 0;
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          {
            id: 'x',
            retries: 2,
            triggers: [{ event: event('x') }],
            onFailure: async () => {
              failures += 1;
            },
          },
          async ({ step }) => {
            const [fine, flaky, doomed] = await Promise.allSettled([
              step.run('fine', () => 'fine'),
              step.run('flaky', () => {
                attempts.flaky += 1;
                if (attempts.flaky < 3) throw new Error('not yet');
                return 'flaky';
              }),
              step.run('doomed', () => {
                attempts.doomed += 1;
                throw new NonRetriableError('doomed');
              }),
            ]);
            return [fine.status, flaky.status, doomed.status];
          },
        ),
      ],
      { checkpointing },
    );

    const run = await app.run({ name: 'x' }, 'x');

    expect(run).toMatchObject({ status: 'COMPLETED', output: ['fulfilled', 'fulfilled', 'rejected'] });
    expect(attempts).toEqual({ flaky: 3, doomed: 1 });
    expect(failures).toBe(0);
  });

  it('that all fail end the run once', async () => {
    const failures: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          {
            id: 'x',
            retries: 0,
            triggers: [{ event: event('x') }],
            onFailure: async ({ event }: FailureEventArgs) => {
              failures.push(event.data.run_id);
            },
          },
          async ({ step }) => {
            await Promise.all(
              ['a', 'b', 'c'].map((name) => step.run(name, () => Promise.reject(new Error(`no ${name}`)))),
            );
          },
        ),
      ],
      { checkpointing },
    );

    const run = await app.run({ name: 'x' }, 'x');
    await app.ended(run.id, 'x-failure');

    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringMatching(/^no [abc]$/) } });
    expect(failures).toEqual([run.id]);
  });

  it('of several kinds wait for each other', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          const parts = await Promise.all([
            step.run('a', () => 'a'),
            step.sleep('nap', '1s').then(() => 'slept'),
            step.run('b', () => 'b'),
          ]);
          return await step.run('after', () => parts);
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: ['a', 'slept', 'b'] });
  });

  it('race only by their results: the loser is waited for', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          const winner = await Promise.race([
            step.sleep('slow', '2s').then(() => 'slow'),
            step.run('quick', () => 'quick'),
          ]);
          return winner;
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'quick' });
  });

  it('race truly in race mode: the winner goes on while the others are pending', async () => {
    const order: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step, group }) => {
          const quick = async () => {
            await step.run('quick', () => order.push('quick'));
            return await step.run('quicker', () => order.push('quicker') && 'quick');
          };
          const slow = async () => {
            await step.sleep('slow', '3s');
            return await step.run('slower', () => order.push('slower') && 'slow');
          };
          return await group.parallel({ mode: 'race' }, () => Promise.race([quick(), slow()]));
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'quick' });
    expect(order.slice(0, 2)).toEqual(['quick', 'quicker']);
  });

  it('go on independently with version 1', async () => {
    const ran: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', optimizeParallelism: false, triggers: [{ event: event('x') }] },
          async ({ step }) => {
            const branch = async (name: string) => {
              const first = await step.run(`${name}-1`, () => ran.push(`${name}-1`) && name);
              return await step.run(`${name}-2`, () => ran.push(`${name}-2`) && `${first}!`);
            };
            return await Promise.all([branch('x'), branch('y')]);
          },
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: ['x!', 'y!'] });
    expect(ran.sort()).toEqual(['x-1', 'x-2', 'y-1', 'y-2']);
    expect(app.calls.at(-1)?.body.version).toBe(1);
  });

  it('with version 1 are not asked about while they sleep, wait and work', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', optimizeParallelism: false, triggers: [{ event: event('x') }] },
          async ({ step }) => {
            const slowly = async () => {
              await new Promise((resolve) => setTimeout(resolve, 1_500));
              return 'worked';
            };
            const parts = await Promise.all([
              step.sleep('nap', '2s').then(() => 'slept'),
              step.waitForEvent('wait', { event: event('never'), timeout: '2s' }),
              step.run('work', slowly),
            ]);
            await step.sleep('another', '1s');
            return parts;
          },
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({
      status: 'COMPLETED',
      output: ['slept', null, 'worked'],
    });
    expect(app.calls.length).toBeLessThan(10);
  });
});

describe.concurrent('operations', () => {
  const planned = (name: string) => ({
    op: 'StepPlanned',
    id: name.repeat(40),
    name,
    displayName: name,
    opts: {},
  });
  const ran = (name: string, data: unknown) => ({
    op: 'StepRun',
    id: name.repeat(40),
    name,
    displayName: name,
    data,
  });

  it('that failed in a discovery call keep their attempts when they are planned', async () => {
    const failed = { ...ran('b', null), op: 'StepError', error: { name: 'E', message: 'no' } };
    const app = await startRawApp(
      (call) => {
        if (call.stepId.startsWith('b')) return answer(206, [failed]);
        const { stack } = call.body.ctx.stack;
        if (stack.length === 2) return answer(200, 'caught');
        return answer(206, stack.length === 0 ? [ran('a', 1), failed] : [planned('b')]);
      },
      { retries: 2 },
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'caught' });
    const tries = app.calls.filter(
      ({ stepId, body }) => stepId !== 'step' || body.ctx.stack.stack.length === 0,
    );
    expect(tries).toHaveLength(3);
  });

  it('that are reported again are not started again, and keep their first result', async () => {
    const app = await startRawApp((call) => {
      if (call.stepId.startsWith('a')) return answer(206, [ran('a', 'first')]);
      if (call.stepId.startsWith('b')) return answer(206, [ran('b', 'first')]);
      const { stack } = call.body.ctx.stack;
      if (stack.length === 0) return answer(206, [planned('a'), planned('b'), planned('a')]);
      if (stack.length === 2) return answer(206, [planned('a'), ran('b', 'second'), ran('c', 'new')]);
      return answer(200, call.body.steps);
    });

    const run = await app.run('call');

    expect(run.output).toEqual({
      [planned('a').id]: { data: 'first' },
      [planned('b').id]: { data: 'first' },
      [planned('c').id]: { data: 'new' },
    });
    expect(app.calls.filter((call) => call.stepId.startsWith('a'))).toHaveLength(1);
  });

  it('that all have results are all kept', async () => {
    const app = await startRawApp((call) =>
      call.body.ctx.stack.stack.length === 0
        ? answer(206, [ran('a', 1), ran('b', 2), ran('c', 3)])
        : answer(200, Object.keys(call.body.steps).length),
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 3 });
  });

  it('that are planned alone are called by their id', async () => {
    const app = await startRawApp((call) => {
      if (call.stepId !== 'step') return answer(206, [ran('a', 'targeted')]);
      return call.body.ctx.stack.stack.length === 0
        ? answer(206, [planned('a')])
        : answer(200, call.body.steps);
    });

    const run = await app.run('call');

    expect(run.output).toEqual({ [planned('a').id]: { data: 'targeted' } });
    expect(app.calls.map((call) => call.stepId)).toEqual(['step', planned('a').id, 'step']);
    expect(app.calls[1]?.headers['x-inngest-step-id']).toBe(planned('a').id);
    expect(app.calls[1]?.body.ctx.step_id).toBe(planned('a').id);
  });

  it('in great numbers are refused: the run fails', async () => {
    const op = (n: number) => ({ ...planned('a'), id: n.toString(16).padStart(40, '0') });
    const app = await startRawApp(() =>
      answer(
        206,
        Array.from({ length: 1_001 }, (_, n) => op(n)),
      ),
    );

    expect((await app.run('call')).status).toBe('FAILED');
    expect(app.calls).toHaveLength(1);
  });
});
