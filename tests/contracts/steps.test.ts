import { type GetStepTools, type Inngest, NonRetriableError, StepError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { serverModes } from './server-under-test.ts';
import { type AppParts, startApp } from './support/sdk-app.ts';

type Handler = (context: {
  readonly step: GetStepTools<Inngest>;
  readonly event: { readonly data: Record<string, unknown> };
}) => Promise<unknown>;

const modes = serverModes.flatMap((mode) => [true, false].map((checkpointing) => ({ mode, checkpointing })));

/** One function `fn`, started by the event `go`. */
const one =
  (handler: Handler) =>
  ({ client, event }: AppParts) => [
    client.createFunction({ id: 'fn', retries: 1, triggers: [{ event: event('go') }] }, handler),
  ];

describe.concurrent.each(modes)('steps, $mode, checkpointing $checkpointing', (mode) => {
  it('run once each and give their results', async () => {
    const calls: string[] = [];
    const result = { list: [1, 'ü\u{1f600}', null], z: 1, '10': 2, '9': 3, nested: { deep: { er: true } } };
    const app = await startApp(
      one(async ({ event, step }) => {
        const a = await step.run('a', () => calls.push('a') && Number(event.data.n) + 1);
        const b = await step.run('b', () => calls.push('b') && { a, ...result });
        const c = await step.run('c', () => calls.push('c') && undefined);
        const d = await step.run('d', async () => calls.push('d') && '');
        return { a, b, c, d };
      }),
      mode,
    );

    const run = await app.run({ name: 'go', data: { n: 1 } });

    expect(run).toMatchObject({
      status: 'COMPLETED',
      output: { a: 2, b: { a: 2, ...result }, c: null, d: '' },
    });
    expect(calls).toEqual(['a', 'b', 'c', 'd']);
  });

  it('with the same name are different steps', async () => {
    const app = await startApp(
      one(async ({ step }) => {
        const results: number[] = [];
        for (let n = 0; n < 3; n += 1) results.push(await step.run('same', () => n));
        return results;
      }),
      mode,
    );

    expect(await app.run({ name: 'go' })).toMatchObject({ status: 'COMPLETED', output: [0, 1, 2] });
  });

  it('that throw for good give the function their error to catch', async () => {
    const app = await startApp(
      one(async ({ step }) => {
        try {
          await step.run('a', () => {
            throw new NonRetriableError('never', { cause: new TypeError('because') });
          });
        } catch (error) {
          const { name, message, cause } = error as StepError;
          const isStepError = error instanceof StepError;
          return await step.run('rescue', () => ({
            isStepError,
            name,
            message,
            cause: (cause as Error).message,
          }));
        }
        return 'not caught';
      }),
      mode,
    );

    expect(await app.run({ name: 'go' })).toMatchObject({
      status: 'COMPLETED',
      output: { isStepError: true, name: 'NonRetriableError', message: 'never', cause: 'because' },
    });
  });

  it('that nobody catches fail the run with their error', async () => {
    const app = await startApp(
      one(async ({ step }) => {
        await step.run('fine', () => 1);
        await step.run('a', () => {
          throw new TypeError('broken');
        });
      }),
      mode,
    );

    expect(await app.run({ name: 'go' })).toMatchObject({
      status: 'FAILED',
      output: null,
      error: { name: 'TypeError', message: 'broken', stack: expect.stringContaining('broken') },
    });
  });

  it('send events that start other functions, once', async () => {
    const received: unknown[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'sender', triggers: [{ event: event('go') }] }, async ({ step }) => {
          return await step.sendEvent('tell', [
            { name: event('told'), data: { n: 1 } },
            { name: event('told'), data: { n: 2 } },
          ]);
        }),
        client.createFunction({ id: 'receiver', triggers: [{ event: event('told') }] }, async ({ event }) => {
          received.push(event.data.n);
        }),
      ],
      mode,
    );

    const { output } = await app.run({ name: 'go' });
    const { ids } = output as { ids: string[] };
    await Promise.all(ids.map((id) => app.ended(id)));

    expect(ids).toHaveLength(2);
    expect(received.sort()).toEqual([1, 2]);
  });
});

describe.concurrent('a wrapped call of a model', () => {
  it('is a step like any other', async () => {
    const asked: string[] = [];
    const app = await startApp(
      one(async ({ step }) => {
        const ask = async (question: string) => {
          asked.push(question);
          return { answer: question.length };
        };
        const { answer } = await step.ai.wrap('ask', ask, 'why?');
        await step.sleep('nap', '1s');
        return answer;
      }),
    );

    expect(await app.run({ name: 'go' })).toMatchObject({ status: 'COMPLETED', output: 4 });
    expect(asked).toEqual(['why?']);
  });
});

describe.concurrent('the values of steps', () => {
  it('are sent back as they were', async () => {
    const app = await startApp(
      one(async ({ step }) => {
        await step.run('undefined', () => undefined);
        await step.run('data', () => ({ data: 1, error: null }));
        await step.run('list', () => [[], {}]);
        await step.run('thrown', () => Promise.reject(new NonRetriableError('no'))).catch(() => null);
        await step.sleep('nap', '1s');
      }),
      { checkpointing: false },
    );

    await app.run({ name: 'go' });
    const { body } = app.calls.at(-1) ?? {};
    const values = body?.ctx.stack.stack.map((id) => body.steps[id]);

    expect(values).toEqual([
      { data: null },
      { data: { data: 1, error: null } },
      { data: [[], {}] },
      {
        error: expect.objectContaining({
          name: 'NonRetriableError',
          message: 'no',
          stack: expect.any(String),
        }),
      },
      null,
    ]);
  });
});
