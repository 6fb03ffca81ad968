import { describe, expect, it } from 'vitest';
import { isExternal } from './server-under-test.ts';
import { reported } from './support/call.ts';
import { brokenConnection } from './support/endpoint.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { type AppParts, startApp } from './support/sdk-app.ts';

const ulid = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const stepA = '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8';
const stepB = 'e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98';

describe.concurrent('a call', () => {
  it('carries the event, the run and the job, in its headers too', async () => {
    const app = await startRawApp(() => answer(200, null), { retries: 3 });

    const eventId = await app.send('call', { n: 1 });
    const run = await app.ended(eventId);
    const [call] = app.calls;

    const event = { name: app.event('call'), data: { n: 1 }, id: eventId, ts: expect.any(Number), user: {} };
    expect(call?.body).toMatchObject({
      version: expect.any(Number),
      use_api: false,
      event,
      steps: {},
      ctx: {
        run_id: run.id,
        fn_id: expect.stringMatching(uuid),
        step_id: 'step',
        attempt: 0,
        max_attempts: 4,
        disable_immediate_execution: false,
        use_api: false,
        stack: { stack: [], current: 0 },
        qi_id: expect.any(String),
        request_id: expect.stringMatching(ulid),
        generation_id: 1,
        job_id: expect.any(String),
      },
    });
    expect(call?.body.events).toEqual([expect.objectContaining({ name: app.event('call'), data: { n: 1 } })]);
    expect([call?.slug, call?.stepId]).toEqual([`${app.id}-fn`, 'step']);
    expect(run.id).toMatch(ulid);
    expect(call?.headers).toMatchObject({
      'content-type': expect.stringContaining('application/json'),
      'x-run-id': run.id,
      'x-request-id': call?.body.ctx.request_id,
      'x-inngest-generation-id': '1',
      'x-inngest-req-version': expect.any(String),
      'x-inngest-step-id': 'step',
      'x-inngest-job-id': expect.any(String),
    });
  });

  it('has five attempts unless told otherwise', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async () => null),
    ]);

    await app.run({ name: 'x' });

    expect(app.calls[0]?.body.ctx.max_attempts).toBe(5);
  });

  it('is repeated as the same job with another request and the next generation', async () => {
    const app = await startRawApp((_, index) => answer(index === 0 ? 500 : 200, {}), { retries: 1 });

    await app.run('call');
    const [first, second] = app.calls.map((call) => call.body.ctx);

    expect(second).toMatchObject({ job_id: first?.job_id, qi_id: first?.qi_id, attempt: 1 });
    expect(second?.generation_id).toBeGreaterThan(first?.generation_id ?? 0);
    expect(second?.request_id).not.toBe(first?.request_id);
  });

  it('after a step has the step in its state and on its stack', async () => {
    const step = (id: string, data: unknown) => ({ op: 'StepRun', id, name: 'x', displayName: 'x', data });
    const answers = [
      answer(206, [step(stepB, { ok: true })], { 'x-inngest-req-version': '2' }),
      answer(206, [step(stepA, null)]),
      answer(200, 'done'),
    ];
    const app = await startRawApp((_, index) => answers[index] ?? answer(200, 'too many'));

    const run = await app.run('call');

    expect(run.output).toBe('done');
    expect(app.calls.map((call) => call.body.steps)).toEqual([
      {},
      { [stepB]: { data: { ok: true } } },
      { [stepB]: { data: { ok: true } }, [stepA]: { data: null } },
    ]);
    expect(app.calls.map((call) => call.body.ctx.stack)).toEqual([
      { stack: [], current: 0 },
      { stack: [stepB], current: 1 },
      { stack: [stepB, stepA], current: 2 },
    ]);
    expect(app.calls[1]?.body.version).toBe(2);
  });

  it('follows redirects, and stays a POST', async () => {
    const app = await startRawApp((call) => {
      if (call.url.pathname === '/moved') return answer(200, JSON.parse(call.text).event.data);
      return answer(302, '', { location: '/moved' });
    });

    const run = await app.run('call', { n: 7 });

    expect(run).toMatchObject({ status: 'COMPLETED', output: { n: 7 } });
    expect(app.calls.map((call) => call.url.pathname)).toEqual(['/api/inngest', '/moved']);
  });
});

describe.concurrent('an answer', () => {
  it.each([
    ['an object', '{"a":[1,null]}', { a: [1, null] }],
    ['null', 'null', null],
    ['a number', '1.5', 1.5],
    ['a text that is not JSON', 'hello', 'hello'],
  ])('of 200 with %s is what the function returned', async (_, body, output) => {
    const app = await startRawApp(() => answer(200, body));

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output });
  });

  it('may be a single operation instead of a list', async () => {
    const app = await startRawApp((_, index) =>
      index === 0
        ? answer(206, { op: 'StepRun', id: stepA, name: 'a', displayName: 'a', data: 1 })
        : answer(200, 2),
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 2 });
    expect(app.calls[1]?.body.steps).toEqual({ [stepA]: { data: 1 } });
  });

  it('of RunComplete ends the run', async () => {
    const id = '0737c22d3bfae812339732d14d8c7dbd6dc4e09c';
    const app = await startRawApp(() => answer(206, [{ op: 'RunComplete', id, data: { fine: true } }]));

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: { fine: true } });
    expect(app.calls).toHaveLength(1);
  });

  it('of RunError is what the function threw, final or not', { skip: isExternal }, async () => {
    const thrown = (message: string, more = {}) =>
      answer(206, [{ op: 'RunError', id: 'thrown', error: { name: 'Error', message, ...more } }]);
    const app = await startRawApp(
      (_, index) => (index === 0 ? thrown('first') : thrown('last', { noRetry: true })),
      { retries: 5 },
    );

    expect(await app.run('call')).toMatchObject({ status: 'FAILED', error: { message: 'last' } });
    expect(app.calls).toHaveLength(2);
  });

  it('with fields that nobody knows is taken', async () => {
    const op = {
      op: 'StepRun',
      id: stepA,
      name: 'a',
      displayName: 'a',
      data: 1,
      mode: 'x',
      rawArgs: [{}],
      new: {},
    };
    const app = await startRawApp((_, index) => (index === 0 ? answer(206, [op]) : answer(200, 'ok')));

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'ok' });
  });

  it('that is streamed has the real one inside', async () => {
    const inner = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"streamed":true}' };
    const app = await startRawApp(() => answer(201, `   \n  ${JSON.stringify(inner)}`));

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: { streamed: true } });
  });

  it('that is streamed may be a failure', async () => {
    const inner = {
      status: 400,
      headers: { 'x-inngest-no-retry': 'true' },
      body: JSON.stringify({ name: 'Error', message: 'no' }),
    };
    const app = await startRawApp(() => answer(201, JSON.stringify(inner)), { retries: 3 });

    expect(await app.run('call')).toMatchObject({ status: 'FAILED', error: { message: 'no' } });
    expect(app.calls).toHaveLength(1);
  });

  it('that the SDK streams is understood', async () => {
    const define = ({ client, event }: AppParts) => [
      client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
        const a = await step.run('a', () => 'a');
        await step.sleep('nap', '1s');
        return `${a}b`;
      }),
    ];
    const app = await startApp(define, { streaming: true });

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 'ab' });
  });

  it.each([
    ['is from a proxy', () => new Response('bad gateway', { status: 502 })],
    ['has an error status and no word about retries', () => answer(400, { name: 'Error', message: 'bad' })],
    ['is 404', () => answer(404, 'not here')],
    ['is not from an SDK', () => new Response('<html>hello</html>', { status: 200 })],
    ['has operations that are not JSON', () => answer(206, '<html>')],
    ['has an unknown operation', () => answer(206, [{ op: 'Nonsense', id: stepA, displayName: 'x' }])],
    ['breaks off', () => brokenConnection],
  ])('that %s is a failed attempt', async (_, respond) => {
    const app = await startRawApp(respond, { retries: 1 });

    expect((await app.run('call')).status).toBe('FAILED');
    expect(app.calls.map((call) => call.body.ctx.attempt)).toEqual([0, 1]);
  });

  it('of a proxy is reported with its status', async () => {
    const app = await startRawApp(() => new Response('bad gateway', { status: 502 }));

    const { error } = await app.run('call');

    expect(JSON.stringify(error)).toContain('Your server returned HTTP 502');
  });

  it('of 8 MiB is too large, a failed attempt', async () => {
    const app = await startRawApp(() => answer(200, 'x'.repeat(9 * 1024 * 1024)));

    const run = await app.run('call');

    expect(run).toMatchObject({ status: 'FAILED' });
    expect(JSON.stringify(run.error)).toContain('output_too_large');
  });

  it('forbidding retries is final, whatever its status', async () => {
    const app = await startRawApp(
      () => answer(500, { name: 'E', message: 'm' }, { 'x-inngest-no-retry': 'true' }),
      {
        retries: 3,
      },
    );

    expect(await app.run('call')).toMatchObject({ status: 'FAILED', error: { name: 'E', message: 'm' } });
    expect(app.calls).toHaveLength(1);
  });

  it('of a proxy that forbids retries is final', async () => {
    const app = await startRawApp(
      () => new Response('gone', { status: 410, headers: { 'x-inngest-no-retry': 'true' } }),
      { retries: 3 },
    );

    expect(await app.run('call')).toMatchObject({ status: 'FAILED' });
    expect(app.calls).toHaveLength(1);
  });

  it('of a proxy may say when it is worth another try', async () => {
    const calledAtMs: number[] = [];
    const app = await startRawApp(
      () => {
        calledAtMs.push(Date.now());
        return calledAtMs.length === 1
          ? new Response('busy', { status: 503, headers: { 'retry-after': '3' } })
          : answer(200, 'done');
      },
      { retries: 1 },
    );

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED' });
    expect(Number(calledAtMs[1]) - Number(calledAtMs[0])).toBeGreaterThanOrEqual(2_900);
  });

  it('that comes after the run has ended is ignored', async () => {
    const app = await startRawApp((call) => {
      if (call.stepId === 'step') {
        const planned = ['a', 'b'].map((name) => ({
          op: 'StepPlanned',
          id: name.repeat(40),
          displayName: name,
        }));
        return answer(206, planned);
      }
      if (call.stepId.startsWith('a')) return answer(400, { name: 'E', message: 'over' }, noRetry);
      return new Promise((resolve) => setTimeout(() => resolve(answer(200, 'late')), 300));
    });
    const noRetry = { 'x-inngest-no-retry': 'true' };

    const run = await app.run('call');

    expect(run.status).toBe('FAILED');
  });

  it('with an empty list asks to be called again', async () => {
    const app = await startRawApp((_, index) => (index === 0 ? answer(206, []) : answer(200, 'ok')), {
      retries: 1,
    });

    expect(await app.run('call')).toMatchObject({ status: 'COMPLETED', output: 'ok' });
  });
});

describe.concurrent('what an app reports', () => {
  it.each([
    [true, ['RunComplete']],
    [false, ['StepRun', 'StepRun', '200']],
  ])('with checkpointing %s is %j', async (checkpointing, expected) => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          await step.run('a', () => 1);
          return await step.run('b', () => 2);
        }),
      ],
      { checkpointing },
    );

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 2 });
    expect(app.calls.map(reported)).toEqual(expected);
  });
});
