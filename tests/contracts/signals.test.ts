import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serverUnderTest } from './server-under-test.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';
import { askApi, post, waitForStep } from './support/server-api.ts';

const waiter =
  (options: { readonly onConflict?: 'fail' | 'replace'; readonly timeout?: '2s' | '1h' } = {}) =>
  ({ client, event }: AppParts) => [
    client.createFunction({ id: 'fn', triggers: [{ event: event('start') }] }, async ({ event, step }) => {
      const { onConflict = 'fail', timeout = '1h' } = options;
      return await step.waitForSignal('wait', { signal: String(event.data.signal), timeout, onConflict });
    }),
  ];

async function startWaiting(app: SdkApp, signal: string): Promise<string> {
  const eventId = await app.send({ name: 'start', data: { signal } });
  await waitForStep(app.server, await app.runId(eventId), 'wait');
  return eventId;
}

function sendSignal(app: SdkApp, signal: string, data: unknown) {
  return askApi<{ data: { run_id: string } | null }>(app.server, '/v1/signals', post({ signal, data }));
}

function newSignal(): string {
  return `signal-${randomUUID()}`;
}

describe.concurrent('a signal', () => {
  it('reaches the run that waits for it', async () => {
    const app = await startApp(waiter());
    const signal = newSignal();
    const eventId = await startWaiting(app, signal);

    const sent = await sendSignal(app, signal, { ok: 1 });
    const run = await app.ended(eventId);

    expect(sent.body.data?.run_id).toBe(run.id);
    expect(run).toMatchObject({ status: 'COMPLETED', output: { signal, data: { ok: 1 } } });
    expect(Object.values(app.calls.at(-1)?.body.steps ?? {})).toEqual([
      { data: { signal, data: { ok: 1 } } },
    ]);
  });

  it('that nobody waits for is answered with 404', async () => {
    const { status, body } = await askApi(
      await serverUnderTest(),
      '/v1/signals',
      post({ signal: newSignal(), data: null }),
    );

    expect(status).toBe(404);
    expect(body).toMatchObject({ error: 'No signal found', data: null, status: 404 });
  });

  it('gives null when the time is over', async () => {
    const app = await startApp(waiter({ timeout: '2s' }));

    const run = await app.run({ name: 'start', data: { signal: newSignal() } });

    expect(run).toMatchObject({ status: 'COMPLETED', output: null });
  });

  it('may be sent from a step', async () => {
    const signal = newSignal();
    const app = await startApp((parts) => [
      ...waiter()(parts),
      parts.client.createFunction(
        { id: 'sender', triggers: [{ event: parts.event('send') }] },
        async ({ step }) => {
          await step.sendSignal('send', { signal, data: 'hello' });
        },
      ),
    ]);
    const eventId = await startWaiting(app, signal);

    await app.run({ name: 'send' }, 'sender');

    expect((await app.ended(eventId, 'fn')).output).toEqual({ signal, data: 'hello' });
  });

  it('has one run waiting: another that wants to fails', async () => {
    const app = await startApp(waiter());
    const signal = newSignal();
    const first = await startWaiting(app, signal);

    const second = await app.run({ name: 'start', data: { signal } });
    await sendSignal(app, signal, 1);

    expect(second.status).toBe('FAILED');
    expect(JSON.stringify(second.error)).toContain('Signal conflict');
    expect((await app.ended(first)).output).toEqual({ signal, data: 1 });
  });

  it('may be taken over by another run', async () => {
    const app = await startApp(waiter({ onConflict: 'replace' }));
    const signal = newSignal();
    await startWaiting(app, signal);
    const second = await startWaiting(app, signal);
    const secondRun = await app.runId(second);

    const sent = await sendSignal(app, signal, 2);

    expect(sent.body.data?.run_id).toBe(secondRun);
    expect((await app.ended(second)).output).toEqual({ signal, data: 2 });
  });
});
