import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { postEvents } from './support/server-api.ts';

const sessions = { cart: 'c1', visit: 'v1' };

/** Sends an event as it is on the wire, and returns what a function sees of its meta. */
async function metaSeenOf(app: SdkApp, meta: object): Promise<unknown> {
  const { body } = await postEvents(app.server, JSON.stringify({ name: app.event('go'), meta }));
  const eventId = body.ids?.[0] ?? '';
  await app.ended(eventId);
  return app.calls.find((call) => call.body.event.id === eventId)?.body.event.meta;
}

const quiet = ({ client, event }: AppParts) => [
  client.createFunction({ id: 'fn', triggers: [{ event: event('go') }] }, async () => null),
];

function metaOf(app: SdkApp, functionId: string) {
  return waitFor(() => app.callsOf(functionId)[0]?.body.event.meta, {
    what: `the call of ${functionId}`,
    timeoutMs: patienceMs,
  });
}

describe.concurrent('sessions', () => {
  it('of an event are seen by functions', async () => {
    const app = await startApp(quiet);

    expect(await metaSeenOf(app, { sessions })).toEqual({ sessions });
  });

  it('that were handed down are merged: explicit ones win, and null removes one', async () => {
    const app = await startApp(quiet);

    const meta = await metaSeenOf(app, {
      sessions: { cart: 'c2', visit: null },
      propagated_sessions: { ...sessions, page: 'p1' },
    });

    expect(meta).toEqual({ sessions: { cart: 'c2', page: 'p1' } });
  });

  it('are handed down to what a run sends and invokes, and to the events of its end', async () => {
    const app = await startApp(({ client, event, slug }) => {
      const callee = client.createFunction({ id: 'callee', triggers: [] }, async () => null);
      return [
        callee,
        client.createFunction(
          { id: 'parent', retries: 0, triggers: [{ event: event('go') }] },
          async ({ step }) => {
            await step.sendEvent('send', { name: event('child') });
            await step.invoke('call', { function: callee });
            throw new Error('no');
          },
        ),
        client.createFunction({ id: 'child', triggers: [{ event: event('child') }] }, async () => null),
        client.createFunction(
          {
            id: 'failed',
            triggers: [
              { event: 'inngest/function.failed', if: `event.data.function_id == '${slug('parent')}'` },
            ],
          },
          async () => null,
        ),
      ];
    });

    await postEvents(app.server, JSON.stringify({ name: app.event('go'), meta: { sessions } }));
    const metas = await Promise.all(
      ['child', 'callee', 'failed'].map((functionId) => metaOf(app, functionId)),
    );

    expect(metas).toEqual([{ sessions }, { sessions }, { sessions }]);
  });
});
