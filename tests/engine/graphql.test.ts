import { metadataMiddleware } from 'inngest/experimental';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { startTestBed, type TestBed } from './engine-app.ts';

async function ask(bed: TestBed, query: string, variables: object = {}) {
  const response = await bed.api('/v0/gql', { method: 'POST', body: JSON.stringify({ query, variables }) });
  return (await response.json()) as { data: Record<string, unknown>; errors?: { message: string }[] };
}

interface Span {
  readonly name: string;
  readonly stepType: string | null;
  readonly attempts: number;
  readonly outputID: string | null;
  readonly status: string;
  readonly metadata: readonly { scope: string; kind: string; values: object }[];
  readonly childrenSpans: readonly Span[];
}

const trace = `query GetRunTimeline($runId: String!) { run(runID: $runId) { status trace(preview: true) {
  name stepType attempts outputID status metadata { scope kind values updatedAt }
  childrenSpans { name stepType attempts outputID status metadata { scope kind values updatedAt } childrenSpans { name } }
} } }`;

async function traceOf(bed: TestBed, runId: string): Promise<Span> {
  const { data } = await ask(bed, trace, { runId });
  return (data.run as { trace: Span }).trace;
}

async function outputOf(bed: TestBed, traceID: string | null) {
  const query = `query ($traceID: String!) {
    runTraceSpanOutputByID(outputID: $traceID) { data error { name message stack cause } }
  }`;
  const { data } = await ask(bed, query, { traceID });
  return data.runTraceSpanOutputByID;
}

describe('the questions of test tools', () => {
  it('about a run that went well are answered: status, timeline, outputs', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'good', name: 'Good', triggers: [{ event: 'shop/good' }] },
          async ({ step }) => {
            await step.run('first step', () => ({ n: 1 }));
            await step.sleep('a while', 10);
            return { fine: true };
          },
        ),
      ],
    });
    const eventId = await bed.send({ name: 'shop/good', data: { a: 1 }, id: 'mine' });
    const [run] = await bed.endedRuns(eventId);

    const root = await traceOf(bed, run?.run_id ?? '');
    const event = await ask(bed, 'query Event($id: ULID!) { eventV2(id: $id) { idempotencyKey name raw } }', {
      id: eventId,
    });
    const stream = await ask(
      bed,
      'query GetEventStream { stream(query: {limit: 999, includeInternalEvents: false}) { id trigger runs { id function { name } } } }',
    );

    expect([root.status, root.childrenSpans.map((span) => [span.name, span.stepType, span.status])]).toEqual([
      'COMPLETED',
      [
        ['first step', 'RUN', 'COMPLETED'],
        ['a while', 'SLEEP', 'COMPLETED'],
        ['Finalization', 'FINALIZATION', 'COMPLETED'],
      ],
    ]);
    expect(await outputOf(bed, root.outputID)).toEqual({ data: '{"fine":true}', error: null });
    expect(await outputOf(bed, root.childrenSpans[0]?.outputID ?? '')).toEqual({
      data: '{"n":1}',
      error: null,
    });
    expect(event.data.eventV2).toEqual({
      idempotencyKey: 'mine',
      name: 'shop/good',
      raw: expect.stringContaining('"data":{"a":1}'),
    });
    expect(stream.data.stream).toEqual([
      { id: eventId, trigger: 'shop/good', runs: [{ id: run?.run_id, function: { name: 'Good' } }] },
    ]);
  });
});

describe('metadata of runs and steps', () => {
  it('is kept whether it comes with a step or over the API, and shows in the trace', async () => {
    const bed = await startTestBed({
      middleware: [metadataMiddleware()],
      functions: (client) => [
        client.createFunction(
          { id: 'scored', triggers: [{ event: 'shop/scored' }] },
          async ({ step, runId }) => {
            await step.run('work', async () => {
              await client.metadata.set({ model: 'small', tries: 1 });
            });
            await step.run('judge', async () => {
              await client.metadata.run(runId).set({ quality: 'good' });
              await client.metadata.run(runId).step('work').set({ seen: true }, 'later');
            });
          },
        ),
      ],
    });
    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/scored' }));

    const root = await waitFor(
      async () => {
        const found = await traceOf(bed, run?.run_id ?? '');
        return found.childrenSpans[0]?.metadata.length === 2 ? found : null;
      },
      { what: 'the metadata' },
    );

    expect(root.metadata).toMatchObject([
      { scope: 'run', kind: 'userland.default', values: { quality: 'good' } },
    ]);
    expect(root.childrenSpans[0]?.metadata).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'userland.default', values: { model: 'small', tries: 1 } }),
        expect.objectContaining({ scope: 'step', kind: 'userland.later', values: { seen: true } }),
      ]),
    );
  });

  it('for what is not there, or too much of it, is refused', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
      ],
    });
    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/x' }));
    const post = async (runId: string | undefined, target: object, values: object = {}) => {
      const body = JSON.stringify({ target, metadata: [{ kind: 'userland.a', op: 'merge', values }] });
      return (await bed.api(`/v1/runs/${runId}/metadata`, { method: 'POST', body })).status;
    };
    const large = { text: 'a'.repeat(60_000) };
    const statuses: number[] = [];
    for (let n = 0; n < 20; n += 1) statuses.push(await post(run?.run_id, {}, large));

    expect(await post('01J', {})).toBe(404);
    expect(await post(run?.run_id, { step_id: 'nope' })).toBe(404);
    expect(await post(run?.run_id, { step_attempt: 1 })).toBe(400);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 413]);
  });
});
