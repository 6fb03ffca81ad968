import { describe, expect, it } from 'vitest';
import { type AppRequest, openEndpoint } from './support/endpoint.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';

/** Somebody else's server. */
async function openSite(respond: (request: AppRequest) => Response) {
  const requests: AppRequest[] = [];
  const { url } = await openEndpoint(async (request) => {
    requests.push(request);
    return respond(request);
  });
  return { url, requests };
}

/** Reports one operation, then returns what came of it. */
function gateway(op: string, opts: Record<string, unknown>, retries = 0) {
  return startRawApp(
    (call, index) =>
      index === 0
        ? answer(206, [{ op, id: 'a'.repeat(40), name: 'fetch', displayName: 'fetch', opts }])
        : answer(200, call.body.steps['a'.repeat(40)]),
    { retries },
  );
}

describe.concurrent('a request through the server', () => {
  it('is made for the function, which gets the response', async () => {
    const site = await openSite(
      () => new Response('{"hello":"you"}', { status: 201, headers: { 'x-site': 'here' } }),
    );
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'fn', triggers: [{ event: event('go') }] }, async ({ step }) => {
        const response = await step.fetch(site.url, {
          method: 'POST',
          headers: { 'x-asked': 'yes' },
          body: JSON.stringify({ n: 1 }),
        });
        return { status: response.status, site: response.headers.get('x-site'), body: await response.json() };
      }),
    ]);

    const run = await app.run({ name: 'go' });

    expect(run).toMatchObject({
      status: 'COMPLETED',
      output: { status: 201, site: 'here', body: { hello: 'you' } },
    });
    expect(site.requests).toHaveLength(1);
    expect(site.requests[0]).toMatchObject({ method: 'POST', text: '{"n":1}' });
    expect(site.requests[0]?.headers['x-asked']).toBe('yes');
  });

  it('that is answered with an error status has a result like any other', async () => {
    const site = await openSite(() => new Response('gone', { status: 410 }));
    const app = await gateway('Gateway', { url: site.url, method: 'GET', headers: {} }, 2);

    const run = await app.run('call');

    expect(run.output).toMatchObject({ data: { status_code: 410, body: 'gone', url: expect.any(String) } });
    expect(site.requests).toHaveLength(1);
  });

  it('that reaches nobody gives an error', async () => {
    const app = await gateway('Gateway', { url: 'http://127.0.0.1:1/', method: 'GET', headers: {} });

    const run = await app.run('call');

    expect(run.output).toMatchObject({
      error: { name: 'GatewayError', message: expect.stringContaining('Error making gateway request') },
    });
  });
});

describe.concurrent('a request to a model', () => {
  it('carries the key in the provider’s way, and gives the JSON of the response', async () => {
    const site = await openSite(
      () => new Response('{"choices":[1]}', { headers: { 'content-type': 'application/json' } }),
    );
    const app = await gateway('AIGateway', {
      type: 'step.ai.infer',
      url: site.url,
      format: 'openai-chat',
      auth_key: 'secret-key',
      headers: {},
      body: { model: 'm', messages: [] },
    });

    const run = await app.run('call');

    expect(run.output).toEqual({ data: { choices: [1] } });
    expect(site.requests[0]).toMatchObject({ method: 'POST' });
    expect(site.requests[0]?.headers.authorization).toBe('Bearer secret-key');
    expect(JSON.parse(site.requests[0]?.text ?? '')).toEqual({ model: 'm', messages: [] });
  });

  it('that is refused gives an error', async () => {
    const site = await openSite(() => new Response('{"error":"no"}', { status: 401 }));
    const app = await gateway('AIGateway', {
      url: site.url,
      format: 'openai-chat',
      auth_key: 'wrong',
      headers: {},
      body: {},
    });

    const run = await app.run('call');

    expect(run.output).toHaveProperty('error');
  });
});
