import { NonRetriableError, RetryAfterError, StepError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { type RunAnswer, startTestBed } from './engine-app.ts';

const modes = [
  { signed: false, checkpointing: true },
  { signed: false, checkpointing: false },
  { signed: true, checkpointing: true },
  { signed: true, checkpointing: false },
];

describe.each(modes)('steps of an app with %o', (mode) => {
  it('run once each and give their results', async () => {
    const calls: string[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction(
          { id: 'three', triggers: [{ event: 'shop/three' }] },
          async ({ event, step }) => {
            const a = await step.run('a', () => calls.push('a') && event.data.n + 1);
            const b = await step.run(
              'b',
              () => calls.push('b') && { a, list: [1, 'ü', null], z: 1, '10': 2, '9': 3 },
            );
            const c = await step.run('c', () => calls.push('c') && undefined);
            return { a, b, c };
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/three', data: { n: 1 } }));

    const b = { a: 2, list: [1, 'ü', null], z: 1, '10': 2, '9': 3 };
    expect(run).toMatchObject({ status: 'Completed', output: { a: 2, b, c: null } });
    expect(calls).toEqual(['a', 'b', 'c']);
  });

  it('run in parallel, and the function goes on when all are done', async () => {
    const calls: string[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction(
          { id: 'parallel', triggers: [{ event: 'shop/parallel' }] },
          async ({ step }) => {
            const before = await step.run('before', () => calls.push('before') && 0);
            const parts = await Promise.all(
              [1, 2, 3].map((n) => step.run(`part-${n}`, () => calls.push(`part`) && n)),
            );
            const after = await step.run('after', () => calls.push('after') && 4);
            return [before, ...parts, after];
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/parallel' }));

    expect(run).toMatchObject({ status: 'Completed', output: [0, 1, 2, 3, 4] });
    expect(calls).toEqual(['before', 'part', 'part', 'part', 'after']);
  });

  it('are retried on their own, each with all its attempts', async () => {
    const attempts = { a: 0, b: 0 };
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction(
          { id: 'retries', retries: 2, triggers: [{ event: 'shop/retries' }] },
          async ({ step }) => {
            const a = await step.run('a', () => {
              attempts.a += 1;
              if (attempts.a < 3) throw new Error('a is not ready');
              return 'a';
            });
            const b = await step.run('b', () => {
              attempts.b += 1;
              if (attempts.b < 3) throw new Error('b is not ready');
              return 'b';
            });
            return a + b;
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/retries' }));

    expect(run).toMatchObject({ status: 'Completed', output: 'ab' });
    expect(attempts).toEqual({ a: 3, b: 3 });
  });

  it('fail the run when their attempts are used up, with the error of the last one', async () => {
    let attempts = 0;
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction(
          { id: 'hopeless', retries: 1, triggers: [{ event: 'shop/hopeless' }] },
          async ({ step }) => {
            await step.run('a', () => {
              attempts += 1;
              throw new TypeError(`attempt ${attempts}`);
            });
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/hopeless' }));

    expect(run).toMatchObject({ status: 'Failed', output: { name: 'TypeError', message: 'attempt 2' } });
    expect(attempts).toBe(2);
  });

  it('are not retried after a NonRetriableError, and the function may catch what they threw', async () => {
    let attempts = 0;
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'caught', triggers: [{ event: 'shop/caught' }] }, async ({ step }) => {
          try {
            await step.run('a', () => {
              attempts += 1;
              throw new NonRetriableError('never', { cause: new Error('because') });
            });
          } catch (error) {
            const { name, message } = error as StepError;
            return await step.run('rescue', () => ({
              isStepError: error instanceof StepError,
              name,
              message,
            }));
          }
          return null;
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/caught' }));

    expect(run?.status).toBe('Completed');
    expect(run?.output).toEqual({ isStepError: true, name: 'NonRetriableError', message: 'never' });
    expect(attempts).toBe(1);
  });

  it('wait as long as a RetryAfterError says, at least a second', async () => {
    const times: number[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'later', triggers: [{ event: 'shop/later' }] }, async ({ step }) => {
          return await step.run('a', () => {
            times.push(Date.now());
            if (times.length === 1) throw new RetryAfterError('busy', 1_000);
            return 'done';
          });
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/later' }));

    expect(run).toMatchObject({ status: 'Completed', output: 'done' });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('sleep without a call, and go on afterwards', async () => {
    const calls: string[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'sleepy', triggers: [{ event: 'shop/sleepy' }] }, async ({ step }) => {
          await step.run('before', () => calls.push('before'));
          await step.sleep('nap', 1_000);
          await step.sleepUntil('past', new Date(0));
          await step.run('after', () => calls.push('after'));
          return calls.length;
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/sleepy' }));

    expect(run).toMatchObject({ status: 'Completed', output: 2 });
    expect(calls).toEqual(['before', 'after']);
  });

  it('send events that start other functions, once', async () => {
    const received: unknown[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'sender', triggers: [{ event: 'shop/sent' }] }, async ({ step }) => {
          return await step.sendEvent('tell', [
            { name: 'shop/told', data: { n: 1 } },
            { name: 'shop/told', data: { n: 2 } },
          ]);
        }),
        client.createFunction({ id: 'receiver', triggers: [{ event: 'shop/told' }] }, async ({ event }) => {
          received.push(event.data.n);
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/sent' }));
    const { ids } = (run as RunAnswer).output as { ids: string[] };
    await Promise.all(ids.map((id) => bed.endedRuns(id)));

    expect(received.sort()).toEqual([1, 2]);
  });
});

describe('the code between steps', () => {
  it('has its own attempts, and a thrown NonRetriableError ends the run at once', async () => {
    const attempts = { flaky: 0, final: 0 };
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'flaky', retries: 3, triggers: [{ event: 'shop/flaky' }] },
          async ({ attempt }) => {
            attempts.flaky += 1;
            if (attempt < 2) throw new Error('not yet');
            return { attempt };
          },
        ),
        client.createFunction({ id: 'final', triggers: [{ event: 'shop/final' }] }, async () => {
          attempts.final += 1;
          throw new NonRetriableError('over');
        }),
      ],
    });

    const [flaky] = await bed.endedRuns(await bed.send({ name: 'shop/flaky' }));
    const [final] = await bed.endedRuns(await bed.send({ name: 'shop/final' }));

    expect(flaky).toMatchObject({ status: 'Completed', output: { attempt: 2 } });
    expect(final).toMatchObject({ status: 'Failed', output: { name: 'NonRetriableError', message: 'over' } });
    expect(attempts).toEqual({ flaky: 3, final: 1 });
  });

  it('may race parallel branches: the winner goes on while the others are pending', async () => {
    const order: string[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'race', triggers: [{ event: 'shop/race' }] }, async ({ step, group }) => {
          const quick = async () => {
            await step.run('quick', () => order.push('quick'));
            return await step.run('quicker', () => order.push('quicker') && 'quick');
          };
          const slow = async () => {
            await step.sleep('slow', '1s');
            return await step.run('slower', () => order.push('slower') && 'slow');
          };
          return await group.parallel({ mode: 'race' }, () => Promise.race([quick(), slow()]));
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/race' }));

    expect(run).toMatchObject({ status: 'Completed', output: 'quick' });
    expect(order.slice(0, 2)).toEqual(['quick', 'quicker']);
  });

  it('works with optimizeParallelism switched off', async () => {
    const calls: string[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'plain', optimizeParallelism: false, triggers: [{ event: 'shop/plain' }] },
          async ({ step }) => {
            const branch = async (name: string) => {
              const first = await step.run(`${name}-1`, () => calls.push(`${name}-1`) && name);
              return await step.run(`${name}-2`, () => calls.push(`${name}-2`) && `${first}!`);
            };
            return await Promise.all([branch('x'), branch('y')]);
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/plain' }));

    expect(run).toMatchObject({ status: 'Completed', output: ['x!', 'y!'] });
    expect(calls.sort()).toEqual(['x-1', 'x-2', 'y-1', 'y-2']);
  });
});

describe('limits of a run', () => {
  it('end a run that has more steps than allowed', async () => {
    const bed = await startTestBed({
      engine: { maxStepsPerRun: 5 },
      functions: (client) => [
        client.createFunction({ id: 'many', triggers: [{ event: 'shop/many' }] }, async ({ step }) => {
          for (let n = 0; n < 10; n += 1) await step.run(`step-${n}`, () => n);
        }),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/many' }));

    expect(run).toMatchObject({ status: 'Failed', output: { name: 'InngestErrFunctionOverflowed' } });
  });

  it.each([true, false])(
    'let large state be fetched by the app (checkpointing: %s)',
    async (checkpointing) => {
      const bed = await startTestBed({
        signed: true,
        checkpointing,
        functions: (client) => [
          client.createFunction({ id: 'large', triggers: [{ event: 'shop/large' }] }, async ({ step }) => {
            const a = await step.run('a', () => 'a'.repeat(3_000_000));
            const b = await step.run('b', () => 'b'.repeat(3_000_000));
            await step.sleep('nap', '1s');
            return await step.run('sizes', () => [a.length, b.length]);
          }),
        ],
      });

      const [run] = await bed.endedRuns(await bed.send({ name: 'shop/large' }));

      expect(run).toMatchObject({ status: 'Completed', output: [3_000_000, 3_000_000] });
    },
  );

  it('refuse the output of a step that is too large, as a failed attempt', async () => {
    const bed = await startTestBed({
      checkpointing: false,
      functions: (client) => [
        client.createFunction(
          { id: 'huge', retries: 0, triggers: [{ event: 'shop/huge' }] },
          async ({ step }) => {
            await step.run('a', () => 'a'.repeat(5_000_000));
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/huge' }));

    expect(run?.status).toBe('Failed');
    expect(JSON.stringify(run?.output)).toContain('step output size is greater than the limit');
  });
});
