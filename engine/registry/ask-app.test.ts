import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signature } from '../protocol/signing.ts';
import { type AskOptions, askApp } from './ask-app.ts';

interface Asked {
  readonly syncKind: string | undefined;
  readonly isSigned: boolean;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An app that answers each PUT by what kind of registration it asks for. */
async function startApp(reply: (syncKind: string) => Reply) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const syncKind = String(request.headers['x-inngest-sync-kind']);
    asked.push({ syncKind, isSigned: request.headers['x-inngest-signature'] !== undefined });
    const {
      status = 200,
      headers = { 'x-inngest-sdk': 'js:v4', 'x-inngest-sync-kind': syncKind },
      body = '{}',
    } = reply(syncKind);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  onTestFinished(() => server.closeAllConnections());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest` };
}

const options = (signingKey: string | null = null): AskOptions => ({
  serverKind: signingKey === null ? 'dev' : 'cloud',
  signingKey,
  signal: new AbortController().signal,
});

const body = JSON.stringify({ app_id: 'shop', url: 'http://x', functions: [] });
const sdk = { 'x-inngest-sdk': 'js:v4' };
const key = 'signkey-test-00ff';

describe('an app that is asked to register', () => {
  it('may put its registration into the answer', async () => {
    const app = await startApp(() => ({ body }));

    const answer = await askApp(app.url, options());

    expect(answer).toMatchObject({ kind: 'answered', registration: { appName: 'shop', functions: [] } });
    expect(app.asked).toEqual([{ syncKind: 'in_band', isSigned: false }]);
  });

  it('is believed when its answer is signed with the key of the engine, and asked otherwise if not', async () => {
    const sign = (text: string) => signature(key, text, Math.floor(Date.now() / 1_000));
    const signed = await startApp((syncKind) => ({
      headers: { ...sdk, 'x-inngest-sync-kind': syncKind, 'x-inngest-signature': sign(body) },
      body,
    }));
    const forged = await startApp((syncKind) => ({
      headers: { ...sdk, 'x-inngest-sync-kind': syncKind, 'x-inngest-signature': sign('something else') },
      body,
    }));

    expect(await askApp(signed.url, options(key))).toMatchObject({ kind: 'answered' });
    expect(await askApp(forged.url, options(key))).toEqual({ kind: 'registered itself' });
    expect(forged.asked.map(({ syncKind }) => syncKind)).toEqual(['in_band', 'out_of_band']);
    expect(signed.asked).toEqual([{ syncKind: 'in_band', isSigned: true }]);
  });

  it('may register by a request of its own', async () => {
    const app = await startApp(() => ({ headers: { ...sdk, 'x-inngest-sync-kind': 'out_of_band' } }));

    expect(await askApp(app.url, options())).toEqual({ kind: 'registered itself' });
    expect(app.asked).toHaveLength(1);
  });

  it('is asked in the old way when it does not know the new one', async () => {
    const app = await startApp((syncKind) => (syncKind === 'in_band' ? { status: 400 } : { headers: sdk }));

    expect(await askApp(app.url, options())).toEqual({ kind: 'registered itself' });
  });

  it.each([
    ['a web page', { headers: {}, body: '<html>' }, 'does not lead to an Inngest SDK'],
    ['a refusal of the signature', { status: 401, headers: {} }, 'the same signing key'],
    ['an error', { status: 500, headers: sdk, body: 'no key' }, 'HTTP 500: no key'],
    ['a redirect', { status: 307, headers: { location: '/' } }, 'HTTP 307 without the header'],
    ['too much', { body: `"${'a'.repeat(9_000_000)}"` }, 'larger than 8388608 bytes'],
  ])('and answers with %s is not registered, for a reason', async (_, reply, reason) => {
    const app = await startApp(() => reply);

    expect(await askApp(app.url, options())).toEqual({
      kind: 'refused',
      problem: expect.stringContaining(reason),
    });
  });

  it('and is not there is not registered', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await askApp(`http://${host}:9/`, options())).toEqual({
        kind: 'away',
        problem: expect.stringContaining('ECONNREFUSED'),
      });
    }
  });
});
