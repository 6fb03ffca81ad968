import { describe, expect, it } from 'vitest';
import { serverModes, serverUnderTest } from './server-under-test.ts';
import type { Call } from './support/call.ts';
import { answer, register, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { callApi } from './support/server-api.ts';
import { bearerToken, canonicalJson, sign } from './support/signing.ts';

/** Everything that makes canonical JSON different from any other. */
const awkward = {
  z: 1,
  a: 'é \u2028 \u{1f600} "\\ </script>',
  '10': 1e21,
  '9': 0.1,
  nested: { b: [{ y: 1, x: -0 }], a: null },
  small: 5e-7,
};

function signatureOf(call: Call): { timestampSeconds: number; isRight: (key: string) => boolean } {
  const header = call.headers['x-inngest-signature'] ?? '';
  const timestampSeconds = Number(new URLSearchParams(header).get('t'));
  return { timestampSeconds, isRight: (key) => header === sign(key, call.text, timestampSeconds) };
}

describe.runIf(serverModes.includes('signed')).concurrent('a signing server', () => {
  it('signs its calls over canonical JSON, with the time', async () => {
    const app = await startRawApp(() => answer(200, null), { mode: 'signed' });
    const { signingKey } = app.server;

    await app.run('call', awkward);
    const [call] = app.calls;
    const signature = call && signatureOf(call);

    expect(signature?.isRight(signingKey ?? '')).toBe(true);
    expect(Math.abs((signature?.timestampSeconds ?? 0) * 1_000 - (call?.receivedAtMs ?? 0))).toBeLessThan(
      300_000,
    );
    expect(call?.text).toBe(canonicalJson(JSON.parse(call?.text ?? '')));
  });

  it('is believed by the SDK, whatever the data', async () => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ event, step }) => {
          await step.run('returns', () => awkward);
          await step.sleep('nap', '1s');
          return event.data;
        }),
      ],
      { mode: 'signed' },
    );

    const run = await app.run({ name: 'x', data: awkward });

    expect(run).toMatchObject({ status: 'COMPLETED', output: JSON.parse(JSON.stringify(awkward)) });
  });

  it('is not believed by an app with another key: a failed attempt', async () => {
    const app = await startRawApp(() => new Response('{"message":"Unauthorized"}', { status: 401 }), {
      mode: 'signed',
    });

    const run = await app.run('call');

    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('401') } });
  });

  it('lets nobody in without the right token', async () => {
    const server = await serverUnderTest('signed');
    const key = server.signingKey ?? '';
    const wrong = [
      '',
      'Bearer ',
      'Bearer undefined',
      `Bearer ${key}`,
      `Bearer ${bearerToken('signkey-test-ff')}`,
    ];
    const paths: [string, RequestInit][] = [
      ['/fn/register', { method: 'POST', body: '{}' }],
      ['/v1/runs/01JAAAAAAAAAAAAAAAAAAAAAAA', {}],
      ['/v1/checkpoint/01JAAAAAAAAAAAAAAAAAAAAAAA/async', { method: 'POST', body: '{}' }],
    ];

    for (const [path, init] of paths) {
      for (const authorization of wrong) {
        const { status } = await callApi(server, path, { ...init, headers: { authorization } });
        expect([path, authorization, status]).toEqual([path, authorization, 401]);
      }
    }
  });

  it('takes the token of its key', async () => {
    const server = await serverUnderTest('signed');

    const { status, body } = await register(server, {
      url: 'http://127.0.0.1:1/',
      appName: '',
      functions: [],
    });

    expect([status, body.error]).toEqual([400, 'App ID required']);
  });

  it('takes events by their key alone', async () => {
    const server = await serverUnderTest('signed');
    const send = (key: string) =>
      fetch(new URL(`/e/${key}`, server.url), { method: 'POST', body: '{"name":"signing/heard.by.nobody"}' });

    const wrong = await send('another-key');
    const right = await send(server.eventKey);

    expect([wrong.status, right.status]).toEqual([401, 200]);
    expect(await wrong.json()).toMatchObject({ status: 401, error: 'Event key not found' });
  });

  it('says what kind it is', async () => {
    const server = await serverUnderTest('signed');

    const response = await fetch(new URL(`/e/${server.eventKey}`, server.url), {
      method: 'POST',
      body: '[]',
    });

    expect(response.headers.get('x-inngest-server-kind')).toBe('cloud');
  });
});

describe.runIf(serverModes.includes('dev')).concurrent('a server in dev mode', () => {
  it('signs nothing, takes any event key and any token', async () => {
    const app = await startRawApp(() => answer(200, null), { mode: 'dev' });

    const sent = await fetch(new URL('/e/NO_EVENT_KEY_SET', app.server.url), {
      method: 'POST',
      body: JSON.stringify({ name: app.event('call') }),
    });
    const { ids } = (await sent.json()) as { ids: readonly string[] };
    await app.ended(ids[0] ?? '');
    const registered = await register(
      app.server,
      { url: app.url, appName: '', functions: [] },
      { authorization: 'Bearer undefined' },
    );

    expect(app.calls[0]?.headers).not.toHaveProperty('x-inngest-signature');
    expect(registered.status).toBe(400);
    expect(sent.headers.get('x-inngest-server-kind')).toBe('dev');
  });
});
