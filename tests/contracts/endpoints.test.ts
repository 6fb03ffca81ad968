import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Inngest, step } from 'inngest';
import { createEndpointServer, endpointAdapter } from 'inngest/node';
import { describe, expect, it } from 'vitest';
import { onScopeEnd } from '../support/scope.ts';
import { type ServerMode, serverModes, serverUnderTest } from './server-under-test.ts';
import { waitForEnd } from './support/server-api.ts';

interface Endpoint {
  readonly url: string;
  /** Requests that reached the app, and whether the server made them. */
  readonly requests: readonly { readonly method: string; readonly isFromServer: boolean }[];
}

/** Serves one durable endpoint: an HTTP handler with steps. */
async function startEndpoint(
  mode: ServerMode,
  handler: (request: Request) => Promise<Response>,
): Promise<Endpoint> {
  const { url, signingKey, eventKey } = await serverUnderTest(mode);
  const client = new Inngest({
    id: `endpoints-${Math.random().toString(36).slice(2)}`,
    baseUrl: url,
    isDev: signingKey === null,
    eventKey,
    ...(signingKey === null ? {} : { signingKey }),
    endpointAdapter,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const requests: { method: string; isFromServer: boolean }[] = [];
  const server = createEndpointServer(client.endpoint(handler));
  server.on('request', ({ method = '', headers }) => {
    requests.push({ method, isFromServer: headers['x-run-id'] !== undefined });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onScopeEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders/7?by=mail`, requests };
}

/** Makes a request that the server has to finish, and returns its run and where the output will be. */
async function hand(url: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  const location = response.headers.get('location') ?? '';
  return {
    status: response.status,
    location,
    runId: /\/v1\/http\/runs\/(\w+)\/output\?token=/.exec(location)?.[1] ?? '',
  };
}

describe.concurrent.each(serverModes)('a durable endpoint, %s', (mode) => {
  it('answers by itself as long as it needs nothing of the server', async () => {
    const endpoint = await startEndpoint(mode, async () => {
      const a = await step.run('a', () => 'hello');
      const b = await step.run('b', () => 'world');
      return Response.json(`${a} ${b}`, { status: 202 });
    });

    const response = await fetch(endpoint.url);

    expect([response.status, await response.json()]).toEqual([202, 'hello world']);
    expect(endpoint.requests).toEqual([{ method: 'GET', isFromServer: false }]);
  });

  it('is continued by the server after a sleep, and its client is led to the output', async () => {
    const ran: string[] = [];
    const endpoint = await startEndpoint(mode, async (request) => {
      const { pathname, search } = new URL(request.url);
      const a = await step.run('a', () => ran.push('a') && pathname);
      await step.sleep('wait', '1s');
      const parts = await Promise.all(['b', 'c'].map((name) => step.run(name, () => ran.push(name) && name)));
      return Response.json([a, ...parts, search]);
    });

    const handed = await hand(endpoint.url, { method: 'POST', body: '{"a":1}' });
    const output = await fetch(handed.location);

    expect([handed.status, output.status]).toEqual([302, 200]);
    expect(await output.text()).toContain('/orders/7');
    expect((await waitForEnd(await serverUnderTest(mode), handed.runId)).status).toBe('COMPLETED');
    expect(ran.sort()).toEqual(['a', 'b', 'c']);
    expect(endpoint.requests.filter(({ isFromServer }) => !isFromServer)).toHaveLength(1);
    expect(endpoint.requests.filter(({ isFromServer }) => isFromServer).length).toBeGreaterThan(0);
  });

  it('that fails in the end gives its client the error', async () => {
    let attempts = 0;
    const endpoint = await startEndpoint(mode, async () => {
      await step.sleep('wait', '1s');
      await step.run('a', () => {
        attempts += 1;
        throw new Error(`no ${attempts}`);
      });
      return Response.json('unreachable');
    });

    const handed = await hand(endpoint.url);
    const output = await fetch(handed.location);

    expect(output.status).toBe(500);
    expect(await output.text()).toContain(`no ${attempts}`);
    expect(attempts).toBeGreaterThan(1);
    expect((await waitForEnd(await serverUnderTest(mode), handed.runId)).status).toBe('FAILED');
  });
});
