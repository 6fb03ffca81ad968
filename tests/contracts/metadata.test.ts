import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { type SdkApp, startApp } from './support/sdk-app.ts';
import { askGraph, callApi, post } from './support/server-api.ts';

interface Span {
  readonly name: string;
  readonly stepID: string | null;
  readonly metadata: readonly { readonly scope: string; readonly kind: string; readonly values: unknown }[];
  readonly childrenSpans?: readonly Span[];
}

const query = `query ($runId: String!) { run(runID: $runId) { trace(preview: true) {
  name stepID spanID metadata { scope kind values updatedAt }
  childrenSpans { name stepID spanID metadata { scope kind values updatedAt } } } } }`;

function waitForTrace(app: SdkApp, runId: string, isIt: (trace: Span) => boolean): Promise<Span> {
  return waitFor(
    async () => {
      const { data } = await askGraph<{ run: { trace: Span | null } }>(app.server, query, { runId });
      return data?.run.trace && isIt(data.run.trace) ? data.run.trace : null;
    },
    { what: 'the metadata', timeoutMs: patienceMs },
  );
}

describe.concurrent('metadata', () => {
  it('of a run and of a step is kept, and merged', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'fn', triggers: [{ event: event('go') }] }, async ({ step }) => {
        await step.run('work', () => null);
      }),
    ]);
    const { id: runId } = await app.run({ name: 'go' });
    const before = await waitForTrace(app, runId, (trace) => (trace.childrenSpans?.length ?? 0) > 0);
    const stepId = before.childrenSpans?.find(({ name }) => name === 'work')?.stepID;
    const set = async (target: object, values: object) => {
      const metadata = [{ kind: 'userland.quality', op: 'merge', values }];
      const response = await callApi(app.server, `/v1/runs/${runId}/metadata`, post({ target, metadata }));
      return response.status;
    };

    const statuses = [
      await set({ run_id: runId }, { good: 1 }),
      await set({ run_id: runId }, { better: 2 }),
      await set({ run_id: runId, step_id: stepId }, { step: true }),
    ];
    const trace = await waitForTrace(app, runId, (found) =>
      [found, ...(found.childrenSpans ?? [])].some((span) =>
        JSON.stringify(span.metadata).includes('"step"'),
      ),
    );

    expect(statuses).toEqual([200, 200, 200]);
    const ofRun = trace.metadata.find(({ kind }) => kind === 'userland.quality');
    expect(ofRun?.values).toEqual({ good: 1, better: 2 });
  });
});
