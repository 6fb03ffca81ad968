import { NonRetriableError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { isExternal, patienceMs, serverUnderTest } from './server-under-test.ts';
import { reported } from './support/call.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { askApi, askGraph } from './support/server-api.ts';

const nobody = '01JAAAAAAAAAAAAAAAAAAAAAAA';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface RunAnswer {
  readonly run_id: string;
  readonly status: string;
  readonly output: unknown;
}

interface Envelope<T> {
  readonly data: T;
  readonly metadata: { readonly fetched_at: string };
}

const define = ({ client, event }: AppParts) => [
  client.createFunction(
    { id: 'good', name: 'Good', triggers: [{ event: event('good') }] },
    async ({ step }) => {
      await step.run('first step', () => ({ n: 1 }));
      return { fine: true };
    },
  ),
  client.createFunction({ id: 'bad', name: 'Bad', triggers: [{ event: event('bad') }] }, async ({ step }) => {
    await step.run('broken', () => {
      throw new NonRetriableError('boom', { cause: new Error('inner') });
    });
  }),
  client.createFunction({ id: 'sleeper', triggers: [{ event: event('sleep') }] }, async ({ step }) => {
    await step.sleep('night', '1h');
  }),
];

/** Asks until an answer is as it should be: the official server answers from a cache for a while. */
function waitForAnswer<T>(app: SdkApp, path: string, isIt: (data: T) => boolean): Promise<Envelope<T>> {
  return waitFor(
    async () => {
      const { body } = await askApi<Envelope<T>>(app.server, path);
      return body.data !== null && isIt(body.data) ? body : null;
    },
    { what: `the right answer of ${path}`, timeoutMs: patienceMs },
  );
}

describe.concurrent('the REST API', () => {
  it('shows an event', async () => {
    const app = await startApp(define);
    const id = `mine-${app.id}`;
    const eventId = await app.send({ name: 'unheard', data: { a: 1 }, id });

    const { data, metadata } = await waitForAnswer<object>(app, `/v1/events/${eventId}`, () => true);

    expect(data).toMatchObject({
      internal_id: eventId,
      id,
      name: app.event('unheard'),
      data: { a: 1 },
      ts: expect.any(Number),
      received_at: expect.any(String),
    });
    expect(metadata.fetched_at).toEqual(expect.any(String));
  });

  it('lists events, newest first', async () => {
    const app = await startApp(define);
    const first = await app.send({ name: 'unheard' });
    const second = await app.send({ name: 'unheard' });

    const { data } = await waitForAnswer<readonly { internal_id: string }[]>(
      app,
      '/v1/events?limit=100',
      (events) => events.some((event) => event.internal_id === second),
    );
    const ids = data.map((event) => event.internal_id);

    expect(ids.indexOf(first)).toBeGreaterThan(ids.indexOf(second));
  });

  it('shows the runs of an event, and a run', async () => {
    const app = await startApp(define);
    const eventId = await app.send({ name: 'good' });
    const { id: runId } = await app.ended(eventId);
    const isDone = (run: RunAnswer) => run.status === 'Completed';

    const ofEvent = await waitForAnswer<readonly RunAnswer[]>(app, `/v1/events/${eventId}/runs`, (runs) =>
      runs.some(isDone),
    );
    const alone = await waitForAnswer<RunAnswer>(app, `/v1/runs/${runId}`, isDone);

    for (const run of [ofEvent.data[0], alone.data]) {
      expect(run).toMatchObject({
        run_id: runId,
        event_id: eventId,
        status: 'Completed',
        output: { fine: true },
        function_id: expect.stringMatching(uuid),
        function_version: expect.any(Number),
        environment_id: expect.any(String),
        run_started_at: expect.any(String),
        ended_at: expect.any(String),
      });
    }
    expect(ofEvent.data).toHaveLength(1);
  });

  it('shows why a run failed', async () => {
    const app = await startApp(define);
    const { id: runId } = await app.run({ name: 'bad' });

    const { data } = await waitForAnswer<RunAnswer>(
      app,
      `/v1/runs/${runId}`,
      (run) => run.status !== 'Running',
    );

    expect(data).toMatchObject({ status: 'Failed', output: { message: expect.stringContaining('boom') } });
  });

  it('shows a run that sleeps as running, and what it waits for', async () => {
    const app = await startApp(define);
    const eventId = await app.send({ name: 'sleep' });
    const runId = await app.runId(eventId);
    await waitFor(() => app.calls.some((call) => reported(call) === 'Sleep'), { what: 'the sleep' });

    const { data: run } = await waitForAnswer<RunAnswer>(app, `/v1/runs/${runId}`, () => true);
    const { data: jobs } = await waitForAnswer<readonly { JobID: string; attempt: number }[]>(
      app,
      `/v1/runs/${runId}/jobs`,
      (found) => found.length > 0,
    );

    expect(run.status).toBe('Running');
    expect(jobs).toMatchObject([{ JobID: expect.any(String), attempt: 0 }]);
  });

  it('lists the functions of an app', async () => {
    const app = await startApp(define);

    const { data } = await waitForAnswer<readonly { slug: string }[]>(
      app,
      `/v1/apps/${app.id}/functions`,
      (functions) => functions.length > 0,
    );

    expect(data.map(({ slug }) => slug).sort()).toEqual(['bad', 'good', 'sleeper'].map(app.slug));
  });

  it.each([
    `/v1/events/${nobody}`,
    `/v1/runs/${nobody}`,
    `/v1/runs/${nobody}/jobs`,
    '/v1/apps/nobody/functions',
    '/v1/nothing-here',
  ])('says that there is no %s', async (path) => {
    const { status, body } = await askApi<object>(await serverUnderTest(), path).catch(() => ({
      status: 404,
      body: {},
    }));

    // The official server answers some of these with 200 or 500 and an error inside.
    if (isExternal && status !== 404) expect(JSON.stringify(body)).toContain('error');
    else expect(status).toBe(404);
  });
});

interface Span {
  readonly name: string;
  readonly stepType: string | null;
  readonly attempts: number;
  readonly outputID: string | null;
  readonly status: string;
  readonly childrenSpans: readonly Span[];
}

const timeline = `query GetRunTimeline($runId: String!) { run(runID: $runId) { trace(preview: true) {
  name stepType attempts outputID status childrenSpans {
    name stepType attempts outputID status childrenSpans { name stepType attempts outputID status } } } } }`;

const output = `query ($traceID: String!) { runTraceSpanOutputByID(outputID: $traceID) {
  data error { message name stack cause } } }`;

function timelineOf(app: SdkApp, runId: string): Promise<Span> {
  return waitFor(
    async () => {
      const { data } = await askGraph<{ run: { trace: Span | null } }>(app.server, timeline, { runId });
      const trace = data?.run.trace;
      return trace && trace.status !== 'RUNNING' && trace.childrenSpans.length > 0 ? trace : null;
    },
    { what: 'the timeline', timeoutMs: patienceMs },
  );
}

async function outputOf(app: SdkApp, traceID: string | null | undefined): Promise<unknown> {
  const { data } = await askGraph<{ runTraceSpanOutputByID: unknown }>(app.server, output, { traceID });
  return data?.runTraceSpanOutputByID;
}

describe.concurrent('the GraphQL of the SDK’s tests', () => {
  it('shows the steps of a run, with their outputs', async () => {
    const app = await startApp(define);
    const { id: runId } = await app.run({ name: 'good' });

    const trace = await timelineOf(app, runId);
    const step = trace.childrenSpans.find(({ name }) => name === 'first step');

    expect(trace.status).toBe('COMPLETED');
    expect(step).toMatchObject({ stepType: 'RUN', status: 'COMPLETED', attempts: 0 });
    expect(trace.childrenSpans.map(({ stepType }) => stepType)).toContain('FINALIZATION');
    expect(await outputOf(app, trace.outputID)).toMatchObject({ data: '{"fine":true}', error: null });
    expect(await outputOf(app, step?.outputID)).toMatchObject({ data: '{"n":1}' });
  });

  it('shows why a run and its step failed', async () => {
    const app = await startApp(define);
    const { id: runId } = await app.run({ name: 'bad' });

    const trace = await timelineOf(app, runId);
    const step = trace.childrenSpans.find(({ name }) => name === 'broken');

    expect([trace.status, step?.status]).toEqual(['FAILED', 'FAILED']);
    for (const outputId of [trace.outputID, step?.outputID]) {
      expect(await outputOf(app, outputId)).toMatchObject({
        data: null,
        error: { message: 'boom', stack: expect.stringContaining('boom'), cause: { message: 'inner' } },
      });
    }
  });

  it('shows an event', async () => {
    const app = await startApp(define);
    const idempotencyKey = `mine-${app.id}`;
    const id = await app.send({ name: 'unheard', data: { a: 1 }, id: idempotencyKey });

    const found = await waitFor(
      async () => {
        const query = 'query Event($id: ULID!) { eventV2(id: $id) { idempotencyKey name raw } }';
        const { data } = await askGraph<{ eventV2: { raw: string } }>(app.server, query, { id });
        return data?.eventV2;
      },
      { what: 'the event', timeoutMs: patienceMs },
    );

    expect(found).toMatchObject({ idempotencyKey, name: app.event('unheard') });
    expect(JSON.parse(found.raw)).toMatchObject({ data: { a: 1 } });
  });

  it('lists events with their runs', async () => {
    const app = await startApp(define);
    const eventId = await app.send({ name: 'good' });
    const { id: runId } = await app.ended(eventId);

    const query = `query GetEventStream { stream(query: {limit: 999, includeInternalEvents: false}) {
      id trigger runs { id function { name } } } }`;
    const found = await waitFor(
      async () => {
        const { data } = await askGraph<{ stream: readonly { id: string }[] }>(app.server, query, {});
        return data?.stream.find(({ id }) => id === eventId);
      },
      { what: 'the event', timeoutMs: patienceMs },
    );

    expect(found).toMatchObject({
      trigger: app.event('good'),
      runs: [{ id: runId, function: { name: 'Good' } }],
    });
  });

  it('knows nothing of what is not there', async () => {
    const server = await serverUnderTest();

    const run = await askGraph(server, timeline, { runId: nobody });
    const event = await askGraph(server, 'query ($id: ULID!) { eventV2(id: $id) { raw } }', { id: nobody });

    expect(run).toMatchObject({ errors: [{ message: expect.any(String) }], data: { run: null } });
    expect(event).toMatchObject({ errors: [{ message: expect.any(String) }], data: null });
  });
});
