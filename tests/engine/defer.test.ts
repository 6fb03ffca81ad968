import type { Inngest } from 'inngest';
import { createDefer } from 'inngest/experimental';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { startTestBed } from './engine-app.ts';

const ends = ['returns', 'throws', 'is cancelled'] as const;

describe.each([{ checkpointing: true }, { checkpointing: false }])('a deferred function with %o', (mode) => {
  it.each(ends)('starts once when its run %s, with its data', async (end) => {
    const deferred: object[] = [];
    const bed = await startTestBed({
      ...mode,
      functions: (client) => {
        const later = recorder(client, deferred);
        return [
          later,
          client.createFunction(
            {
              id: 'parent',
              retries: 1,
              triggers: [{ event: 'shop/parent' }],
              cancelOn: [{ event: 'shop/stop' }],
            },
            async ({ step, defer }) => {
              defer('first', { function: later, data: { n: 1 } });
              await step.run('a', () => 'a');
              defer('second', { function: later, data: { n: 2 } });
              const third = defer('third', { function: later, data: { n: 3 } });
              await step.run('b', () => 'b');
              third.abort();
              await step.run('c', () => 'c');
              if (end === 'throws') throw new Error('no');
              if (end === 'is cancelled') await step.sleep('long', '1h');
              return 'done';
            },
          ),
        ];
      },
    });

    const eventId = await bed.send({ name: 'shop/parent' });
    if (end === 'is cancelled') {
      await waitFor(
        async () => {
          const [run] = await bed.runsOf(eventId);
          const response = await bed.api(`/v1/runs/${run?.run_id}/jobs`);
          const { data } = (await response.json()) as { data: readonly { kind: string }[] };
          return data.length === 1 && data[0]?.kind === 'sleep';
        },
        { what: 'the sleep' },
      );
      expect(deferred).toEqual([]);
      await bed.send({ name: 'shop/stop' });
    }
    const [run] = await bed.endedRuns(eventId);
    await waitFor(() => deferred.length >= 2, { what: 'two deferred runs' });

    const parents = [{ fnSlug: 'shop-parent', runId: run?.run_id }];
    expect(deferred.sort(byNumber)).toEqual([
      { n: 1, parents },
      { n: 2, parents },
    ]);
  });
});

function recorder(client: Inngest, deferred: object[]) {
  return createDefer(client, { id: 'later' }, async ({ event, parents }) => {
    deferred.push({ n: event.data.n, parents });
  });
}

function byNumber(a: object, b: object): number {
  return JSON.stringify(a).localeCompare(JSON.stringify(b));
}

describe('sessions', () => {
  it('are handed down to events that a run sends and functions that it invokes, and to the events of its end', async () => {
    const seen: Record<string, unknown> = {};
    const bed = await startTestBed({
      functions: (client) => {
        const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ event }) => {
          seen.callee = metaOf(event);
        });
        return [
          callee,
          client.createFunction(
            { id: 'parent', retries: 0, triggers: [{ event: 'shop/parent' }] },
            async ({ step }) => {
              await step.sendEvent('send', { name: 'shop/child' });
              await step.invoke('call', { function: callee });
              throw new Error('no');
            },
          ),
          client.createFunction({ id: 'child', triggers: [{ event: 'shop/child' }] }, async ({ event }) => {
            seen.child = metaOf(event);
          }),
          client.createFunction(
            { id: 'failed', triggers: [{ event: 'inngest/function.failed' }] },
            async ({ event }) => {
              seen.failed = metaOf(event);
            },
          ),
        ];
      },
    });

    await bed.client.send({ name: 'shop/parent', meta: { sessions: { cart: 'c1' } } });
    await waitFor(() => Object.keys(seen).length === 3, { what: 'three runs' });

    const meta = { sessions: { cart: 'c1' } };
    expect(seen).toEqual({ callee: meta, child: meta, failed: meta });
  });
});

function metaOf(event: object): unknown {
  return 'meta' in event ? event.meta : undefined;
}
