import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { apiToken, isSignatureValid } from '../../engine/protocol/signing.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { testEngineOptions, testKeys } from './engine-app.ts';

async function startAlone() {
  const { url } = await createTestDatabase('empty');
  const engine = await startEngine(testEngineOptions(url, false));
  onTestFinished(() => engine.stop());
  return engine;
}

const validFunction = {
  id: 'shop-fn',
  name: 'fn',
  triggers: [{ event: 'shop/x' }],
  steps: {
    step: { runtime: { type: 'http', url: 'http://127.0.0.1:1/api/inngest?fnId=shop-fn&stepId=step' } },
  },
};

function register(engineUrl: string, change: object, headers: Record<string, string> = {}) {
  const body = {
    url: 'http://127.0.0.1:1/api/inngest',
    appName: 'shop',
    sdk: 'js:v4',
    framework: 'nodejs',
    functions: [validFunction],
    ...change,
  };
  return fetch(`${engineUrl}/fn/register`, { method: 'POST', body: JSON.stringify(body), headers });
}

describe('registration', () => {
  it.each([
    [{ throttle: { limit: 1, period: 'soon' } }, 'throttle.period'],
    [{ throttle: { limit: 1, period: '1s', key: 'nobody' } }, 'throttle.key'],
    [{ rateLimit: { limit: 1, period: '25h' } }, 'rateLimit.period'],
    [{ rateLimit: { limit: 1, period: '1h', key: 'event.(' } }, 'rateLimit.key'],
    [{ idempotency: 'order.id' }, 'idempotency'],
    [{ debounce: { period: '500ms' } }, 'debounce.period'],
    [{ debounce: { period: '8d' } }, 'debounce.period'],
    [{ debounce: { period: '1s', timeout: 'later' } }, 'debounce.timeout'],
    [{ debounce: { period: '1s', key: 'nobody' } }, 'debounce.key'],
    [{ batchEvents: { maxSize: 1, timeout: '1s' } }, 'batchEvents.maxSize'],
    [{ batchEvents: { maxSize: 2, timeout: '900ms' } }, 'batchEvents.timeout'],
    [{ batchEvents: { maxSize: 2, timeout: '1s', if: 'event.data ==' } }, 'batchEvents.if'],
    [{ batchEvents: { maxSize: 2, timeout: '1s' }, cancel: [{ event: 'a' }] }, 'batchEvents'],
    [{ batchEvents: { maxSize: 2, timeout: '1s' }, debounce: { period: '1s' } }, 'batchEvents'],
    [{ batchEvents: { maxSize: 2, timeout: '1s' }, singleton: { mode: 'skip' } }, 'batchEvents'],
    [{ batchEvents: { maxSize: 2, timeout: '1s' }, priority: { run: '1' } }, 'batchEvents'],
    [{ priority: { run: 'nobody.at.all' } }, 'priority.run'],
    [{ singleton: { mode: 'skip', key: 'nobody' } }, 'singleton.key'],
    [{ timeouts: { start: 'soon' } }, 'timeouts.start'],
    [{ timeouts: { finish: '2y' } }, 'timeouts.finish'],
    [{ triggers: [{ event: 'shop*' }] }, 'triggers.event'],
    [{ triggers: [{ event: 'x'.repeat(256) }] }, 'triggers.event'],
    [{ triggers: [{ cron: `0 0 1 1 ${'1,'.repeat(130)}1` }] }, 'triggers.cron'],
    [{ steps: { step: { runtime: { type: 'ws', url: 'ws://x' } } } }, 'runtime.type'],
    [{ name: '' }, 'name'],
    [{ triggers: [{ cron: '* * * * * *' }] }, 'triggers.cron'],
    [{ triggers: [{ cron: '@daily' }] }, 'triggers.cron'],
    [{ triggers: [{ cron: 'TZ=Nowhere/City 0 6 * * *' }] }, 'triggers.cron'],
    [{ triggers: [{ cron: '* * * * *', jitter: '10m' }] }, 'triggers.jitter'],
    [{ triggers: [{ event: 'a', expression: 'event.data.(' }] }, 'triggers.expression'],
    [{ triggers: [{ event: 'a' }, { event: 'a' }] }, 'triggers'],
    [{ triggers: Array.from({ length: 11 }, (_, n) => ({ event: `e/${n}` })) }, 'triggers'],
    [{ concurrency: [{ limit: 1 }, { limit: 2 }, { limit: 3 }] }, 'concurrency'],
    [{ concurrency: { limit: 1, scope: 'account' } }, 'concurrency.key'],
    [{ concurrency: { limit: 1, key: 'nothing.at.all' } }, 'concurrency.key'],
    [{ cancel: Array.from({ length: 6 }, () => ({ event: 'a' })) }, 'cancel'],
    [{ cancel: [{ event: 'a', if: 'async.data ==' }] }, 'cancel.if'],
    [{ cancel: [{ event: 'a', timeout: 'soon' }] }, 'cancel.timeout'],
  ])('is refused as a whole for %j, naming the function and the field', async (change, field) => {
    const engine = await startAlone();

    const response = await register(engine.url, {
      functions: [validFunction, { ...validFunction, id: 'shop-bad', ...change }],
    });
    const { error } = (await response.json()) as { error: string };

    expect(response.status).toBe(400);
    expect(error).toMatch(/^At least one function is invalid: .*"shop-bad"/);
    expect(error).toContain(`: ${field} `);
    expect(await (await fetch(`${engine.url}/dev`)).json()).toMatchObject({ functions: [] });
  });

  it.each([
    [{ appName: 'shop\0' }, 'appName'],
    [{ appName: 'x'.repeat(501) }, 'appName'],
    [{ functions: [{ ...validFunction, id: 'shop-\0' }] }, 'functions.0.id'],
    [{ functions: [{ ...validFunction, name: 'a\0b' }] }, 'functions.0.name'],
  ])('is refused for %j, which no database keeps', async (change, field) => {
    const engine = await startAlone();

    const response = await register(engine.url, change);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`Invalid request: ${field}: `);
  });

  it('tells an SDK why it was refused', async () => {
    const { url } = await createTestDatabase('empty');
    const engine = await startEngine(testEngineOptions(url, false));
    onTestFinished(() => engine.stop());
    const { createClient, reserveApp } = await import('./engine-app.ts');
    const app = await reserveApp();
    const client = createClient(engine.url);
    await app.serve(client, [
      client.createFunction(
        { id: 'slow', triggers: [{ event: 'shop/slow' }], rateLimit: { limit: 1, period: '2d' } },
        async () => null,
      ),
    ]);

    const answer = await fetch(app.url, { method: 'PUT' });

    expect(await answer.text()).toContain('function \\"shop-slow\\": rateLimit.period');
  });
});

describe('a signing engine', () => {
  it('whose key differs from the app fails the attempt and says what to check', async () => {
    const requests: { method: string; isValid: boolean; kind: string | undefined }[] = [];
    const app = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const signature = String(request.headers['x-inngest-signature']);
        const isValid = isSignatureValid(testKeys.signingKey, body, signature, Date.now(), 60_000);
        requests.push({
          method: request.method ?? '',
          isValid,
          kind: String(request.headers['x-inngest-server-kind']),
        });
        response.writeHead(request.method === 'PUT' ? 200 : 401).end('{"message":"Unauthorized"}');
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void app.close());
    await once(app, 'listening');
    const address = app.address();
    const appUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/inngest`;
    const { url } = await createTestDatabase('empty');
    const engine = await startEngine({ ...testEngineOptions(url, true), sdkUrls: [appUrl] });
    onTestFinished(() => engine.stop());
    const headers = { authorization: `Bearer ${apiToken(testKeys.signingKey)}` };
    const fn = {
      ...validFunction,
      steps: { step: { runtime: { type: 'http', url: appUrl }, retries: { attempts: 0 } } },
    };
    expect(await (await register(engine.url, { functions: [fn] }, headers)).json()).toMatchObject({
      ok: true,
    });

    const sent = await fetch(`${engine.url}/e/${testKeys.eventKey}`, {
      method: 'POST',
      body: '{"name":"shop/x"}',
    });
    const { ids } = (await sent.json()) as { ids: string[] };
    const output = await waitFor(
      async () => {
        const answer = await (await fetch(`${engine.url}/v1/events/${ids[0]}/runs`, { headers })).json();
        return answer.data[0]?.status === 'Failed' && JSON.stringify(answer.data[0].output);
      },
      { what: 'the failed run' },
    );

    expect(output).toContain('signing key');
    expect(requests).toContainEqual({ method: 'PUT', isValid: true, kind: 'cloud' });
    expect(requests.filter((request) => request.method === 'POST')).toMatchObject([{ isValid: true }]);
  });

  it('does not start without keys', async () => {
    const options = { ...testEngineOptions('postgres://nowhere', true) };

    await expect(startEngine({ ...options, eventKeys: [] })).rejects.toThrow('no event key is given');
    await expect(startEngine({ ...options, signingKey: '' })).rejects.toThrow('no signing key is given');
  });
});
