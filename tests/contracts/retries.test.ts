import { NonRetriableError, RetryAfterError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { reported } from './support/call.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';

describe.concurrent.each([true, false])('retries, checkpointing %s', (checkpointing) => {
  it('are counted for each step anew', async () => {
    const attempts = { a: 0, b: 0 };
    const numbers: number[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', retries: 2, triggers: [{ event: event('x') }] },
          async ({ step, attempt }) => {
            const flaky = (name: 'a' | 'b') =>
              step.run(name, () => {
                attempts[name] += 1;
                numbers.push(attempt);
                if (attempts[name] < 3) throw new Error(`${name} is not ready`);
                return name;
              });
            return (await flaky('a')) + (await flaky('b'));
          },
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'ab' });
    expect(attempts).toEqual({ a: 3, b: 3 });
    expect(numbers).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('end with the last attempt, and its error is the run’s', async () => {
    let attempts = 0;
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', retries: 2, triggers: [{ event: event('x') }] },
          async ({ step }) => {
            await step.run('a', () => {
              attempts += 1;
              throw new TypeError(`attempt ${attempts}`);
            });
          },
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({
      status: 'FAILED',
      error: { name: 'TypeError', message: 'attempt 3' },
    });
    expect(attempts).toBe(3);
  });

  it('of 0 mean one attempt', async () => {
    let attempts = 0;
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', retries: 0, triggers: [{ event: event('x') }] }, async () => {
          attempts += 1;
          throw new Error('no');
        }),
      ],
      { checkpointing },
    );

    expect((await app.run({ name: 'x' })).status).toBe('FAILED');
    expect(attempts).toBe(1);
  });

  it('of the code between steps do not repeat the steps', async () => {
    const ran: string[] = [];
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', retries: 3, triggers: [{ event: event('x') }] },
          async ({ step, attempt }) => {
            await step.run('a', () => ran.push('a'));
            ran.push(`between ${attempt}`);
            if (ran.filter((entry) => entry.startsWith('between')).length < 3) throw new Error('not yet');
            return await step.run('b', () => ran.push('b') && 'done');
          },
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'done' });
    expect(ran.filter((entry) => entry === 'a')).toHaveLength(1);
    expect(ran.filter((entry) => entry === 'b')).toHaveLength(1);
    expect(ran).toContain('between 2');
  });

  it('do not follow a NonRetriableError', async () => {
    let attempts = 0;
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async () => {
          attempts += 1;
          throw new NonRetriableError('over', { cause: new Error('because') });
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({
      status: 'FAILED',
      error: { name: 'NonRetriableError', message: 'over' },
    });
    expect(attempts).toBe(1);
  });

  it.each(['function', 'step'] as const)('wait as long as a %s asks for', async (where) => {
    const timesMs: number[] = [];
    const busy = () => {
      timesMs.push(Date.now());
      if (timesMs.length === 1) throw new RetryAfterError('busy', 2_000);
      return 'done';
    };
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) =>
          where === 'step' ? await step.run('a', busy) : busy(),
        ),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'done' });
    expect((timesMs[1] ?? 0) - (timesMs[0] ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it('do not follow the error of a step that nobody catches', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction(
          { id: 'x', retries: 3, triggers: [{ event: event('x') }] },
          async ({ step }) => {
            await step.run('a', () => Promise.reject(new NonRetriableError('no')));
          },
        ),
      ],
      { checkpointing },
    );

    expect((await app.run({ name: 'x' })).status).toBe('FAILED');
    expect(app.calls.map(reported)).toEqual(['StepFailed', '400']);
  });
});

describe.concurrent('Retry-After', () => {
  it.each([
    ['seconds', () => '2', 2_000],
    ['an ISO date', () => new Date(Date.now() + 2_000).toISOString(), 1_000],
    ['an HTTP date', () => new Date(Date.now() + 3_000).toUTCString(), 1_000],
    ['too little', () => '0', 1_000],
  ])('may be %s', async (_, retryAfter, leastMs) => {
    const app = await startRawApp(
      (_call, index) =>
        index === 0
          ? answer(
              500,
              { name: 'Error', message: 'busy' },
              { 'retry-after': retryAfter(), 'x-inngest-no-retry': 'false' },
            )
          : answer(200, 'done'),
      { retries: 1 },
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'done' });
    const [first, second] = app.calls.map((call) => call.receivedAtMs);
    // Dates are of whole milliseconds or seconds, and clocks are read in two places.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(leastMs - 100);
  });
});

describe.concurrent('the number of retries', () => {
  it('is at most 20', async () => {
    const app = await startRawApp(() => answer(200, null), { retries: 50 });

    await app.run('call');

    expect(app.calls[0]?.body.ctx.max_attempts).toBe(21);
  });

  it('tells the SDK which attempt is the last', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'x', retries: 1, triggers: [{ event: event('x') }] }, async () => {
        throw new Error('no');
      }),
    ]);

    await app.run({ name: 'x' });

    expect(app.calls.map((call) => call.answer?.headers.get('x-inngest-no-retry'))).toEqual([
      'false',
      'true',
    ]);
  });
});
