import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Engine, startEngine } from '../../engine/main.ts';
import { createTestDatabase } from '../support/database.ts';
import { startOwnDatabaseServer } from '../support/embedded.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';
import { connect, createClient, gate, reserveApp, startTestBed, testEngineOptions } from './engine-app.ts';
import { startEngineProcess } from './start-engine-process.ts';

describe('an engine that is killed', () => {
  it('goes on after a restart: finished steps do not run again, every event has its one run', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const app = await reserveApp();
    const port = await ownPort();
    const options = {
      ...testEngineOptions(databaseUrl, false),
      port,
      sdkUrls: [app.url],
      retryIntervalMs: 50,
    };
    const client = createClient(`http://127.0.0.1:${port}`);
    const finishedSteps = new Map<string, number>();
    const committed = new Set<string>();
    let total = 0;
    await app.serve(client, [
      client.createFunction({ id: 'long', triggers: [{ event: 'shop/long' }] }, async ({ event, step }) => {
        for (let n = 0; n < 5; n += 1) {
          const key = `${event.data.n}/${n}`;
          await step.run(`step-${n}`, async () => {
            total += 1;
            // A step begins only after the engine has acknowledged the one before it.
            if (n > 0) committed.add(`${event.data.n}/${n - 1}`);
            if (committed.has(key)) throw new Error(`step ${key} runs again`);
            finishedSteps.set(key, (finishedSteps.get(key) ?? 0) + 1);
            await new Promise((resolve) => setTimeout(resolve, 5));
          });
        }
        return event.data.n;
      }),
    ]);

    let engine = await startEngineProcess(options);
    const bed = connect(
      { port, url: `http://127.0.0.1:${port}`, stop: async () => undefined },
      client,
      app.url,
    );
    await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
      what: 'the registration',
    });
    const ids: string[] = [];
    const sendAll = async () => {
      for (let n = 0; n < 60; n += 1) {
        // On a busy machine the engine is away for longer than the SDK goes on trying. An event that was taken by an engine that
        // died before it could say so must not be another one when it is sent again.
        const seed = `${Date.now()},${randomBytes(10).toString('base64')}`;
        const send = () => sendSeeded(`${bed.engine.url}/e/any`, { name: 'shop/long', data: { n } }, seed);
        ids.push(await waitFor(send, { timeoutMs: 60_000, what: `event ${n} to be taken` }));
      }
    };
    const sent = sendAll();
    for (const steps of [20, 60, 120]) {
      await waitFor(() => total >= steps, { what: `${steps} steps` });
      engine.kill('SIGKILL');
      await once(engine, 'exit');
      engine = await startEngineProcess(options);
    }
    await sent;

    const runs = await Promise.all(ids.map((id) => bed.endedRuns(id)));

    expect(runs.map(([run]) => [run?.status, run?.output])).toEqual(ids.map((_, n) => ['Completed', n]));
    expect(finishedSteps.size).toBe(300);
  }, 90_000);

  it('tells a request of its earlier life that it is outdated', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const app = await reserveApp();
    const port = await ownPort();
    const options = {
      ...testEngineOptions(databaseUrl, false),
      port,
      sdkUrls: [app.url],
      retryIntervalMs: 50,
    };
    const client = createClient(`http://127.0.0.1:${port}`);
    const release = gate();
    const generations: string[] = [];
    let afterFirst = 0;
    await app.serve(client, [
      client.createFunction({ id: 'zombie', triggers: [{ event: 'shop/zombie' }] }, async ({ step }) => {
        generations.push('call');
        const isZombie = generations.length === 1;
        await step.run('first', async () => {
          if (isZombie) await release.opened;
        });
        await step.run('second', () => {
          afterFirst += 1;
        });
      }),
    ]);
    const engine = await startEngineProcess(options);
    const bed = connect(
      { port, url: `http://127.0.0.1:${port}`, stop: async () => undefined },
      client,
      app.url,
    );
    await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
      what: 'the registration',
    });
    const id = await bed.send({ name: 'shop/zombie' });
    await waitFor(() => generations.length === 1, { what: 'the first call' });

    engine.kill('SIGKILL');
    await once(engine, 'exit');
    await startEngineProcess(options);
    const [run] = await bed.endedRuns(id);
    release.open();
    await waitFor(() => generations.length >= 2, { what: 'the second call' });

    expect(run?.status).toBe('Completed');
    expect(afterFirst).toBe(1);
  });

  it('keeps a second engine off the same database', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
      ],
    });
    void bed;
    const { url } = await createTestDatabase('empty');
    const first = await startEngine(testEngineOptions(url, false));
    onTestFinished(() => first.stop());

    await expect(startEngine(testEngineOptions(url, false))).rejects.toThrow('another engine works on it');
  });
});

describe('a database that is killed', () => {
  it('makes the engine wait and refuse events; then it goes on, nothing lost and nothing doubled', async () => {
    const server = await startOwnDatabaseServer();
    const app = await reserveApp();
    const engine = await startEngine({ ...testEngineOptions(server.url, false), sdkUrls: [app.url] });
    onTestFinished(() => engine.stop());
    const client = createClient(engine.url);
    const steps: string[] = [];
    const release = gate();
    await app.serve(client, [
      client.createFunction(
        { id: 'patient', triggers: [{ event: 'shop/patient' }] },
        async ({ event, step }) => {
          for (const name of ['a', 'b', 'c']) {
            await step.run(name, async () => {
              steps.push(`${event.data.n}${name}`);
              if (name === 'b') await release.opened;
            });
          }
        },
      ),
    ]);
    const bed = connect(engine, client, app.url);
    await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
      what: 'the registration',
    });
    const ids = await Promise.all([0, 1, 2].map((n) => bed.send({ name: 'shop/patient', data: { n } })));
    await waitFor(() => steps.length === 6, { what: 'all runs to be in their second step' });

    await server.kill9();
    release.open();
    const refused = await waitFor(
      async () => {
        const response = await fetch(`${engine.url}/e/any`, {
          method: 'POST',
          body: '{"name":"shop/patient","data":{"n":9}}',
        });
        return response.status === 503 && (await response.json());
      },
      { what: 'a refused event' },
    );
    const inspected = await bed.api(`/v1/runs/01JZZZZZZZZZZZZZZZZZZZZZZZ`);
    await server.restart();
    const runs = await Promise.all(ids.map((id) => bed.endedRuns(id)));
    const later = await bed.endedRuns(await bed.send({ name: 'shop/patient', data: { n: 3 } }));

    expect(refused).toMatchObject({ status: 503, error: expect.stringContaining('database') });
    expect(inspected.status).toBe(503);
    expect([...runs.flat(), ...later].map((run) => run.status)).toEqual(Array(4).fill('Completed'));
    const once = ['0a', '0b', '0c', '1a', '1b', '1c', '2a', '2b', '2c', '3a', '3b', '3c'];
    expect(steps.filter((step) => !step.startsWith('9')).sort()).toEqual(once);
  });
});

describe('a job', () => {
  it('keeps its id over its retries and a restart of the engine; the next job has another', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const port = await ownPort();
    const options = { ...testEngineOptions(databaseUrl, false), port, retryIntervalMs: 300 };
    const calls: { id: unknown; generation: number }[] = [];
    const answers = [
      { status: 500, sdk: true, body: '{"name":"Error","message":"not yet"}' },
      { status: 206, sdk: true, body: '[{"op":"StepRun","id":"a","data":1}]' },
      { status: 206, sdk: true, body: '[{"op":"StepRun","id":"b","data":1}]' },
      { status: 200, sdk: true, body: '"done"' },
    ];
    const appPort = await answerWith(0, (_path, _method, headers) => {
      calls.push({ id: headers['x-inngest-job-id'], generation: Number(headers['x-inngest-generation-id']) });
      return answers[calls.length - 1] ?? { status: 500, sdk: true, body: '{}' };
    });
    const first = await startEngine(options);
    await registerRaw(first, `http://127.0.0.1:${appPort}/api/inngest`, { retries: 3 });
    await fetch(`${first.url}/e/any`, { method: 'POST', body: '{"name":"raw/event"}' });
    await waitFor(() => calls.length === 1, { what: 'the first call' });
    await first.stop();

    const second = await startEngine(options);
    onTestFinished(() => second.stop());
    await waitFor(() => calls.length === 4, { what: 'all calls' });

    const [failed, retried, next, last] = calls;
    expect(retried?.id).toBe(failed?.id);
    expect(retried?.generation).toBeGreaterThan(failed?.generation ?? 0);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect([next, last]).toMatchObject([{ generation: 1 }, { generation: 1 }]);
  });
});

describe('an app', () => {
  it('that is away gets its calls when it is back, without having used up attempts', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
      ],
    });
    const port = await ownPort();
    const url = `http://127.0.0.1:${port}/api/inngest`;
    await registerRaw(bed.engine, url, { retries: 0 });
    const id = await bed.send({ name: 'raw/event' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bed.runsOf(id)).toMatchObject([{ status: 'Running' }]);

    await answerWith(port, () => ({ status: 200, sdk: true, body: '"back"' }));

    expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Completed', output: 'back' }]);
  });

  it.each([
    ['garbage', { status: 206, sdk: true, body: '<html>' }, 'not JSON'],
    ['an unknown operation', { status: 206, sdk: true, body: '[{"op":"Nonsense","id":"a"}]' }, 'Nonsense'],
    ['an operation without an id', { status: 206, sdk: true, body: '[{"op":"StepRun"}]' }, 'no id'],
    ['no operations', { status: 206, sdk: true, body: '[]' }, 'no operations'],
    ['a page', { status: 200, sdk: false, body: '<html>hello</html>' }, 'x-inngest-sdk'],
    [
      'an error of a proxy',
      { status: 502, sdk: false, body: 'bad gateway' },
      'returned HTTP 502 before the SDK responded',
    ],
    [
      'a redirect to nowhere',
      { status: 302, sdk: false, body: '', location: '/again' },
      'redirects more than',
    ],
    [
      'an answer that is too large',
      { status: 200, sdk: true, body: `"${'x'.repeat(9_000_000)}"` },
      'larger than',
    ],
    ['a broken connection', { status: 0, sdk: false, body: '' }, 'connection broke'],
  ])(
    'that answers with %s fails the attempt, twice here, with a helpful message',
    async (_, answer, message) => {
      let calls = 0;
      const bed = await startTestBed({
        functions: (client) => [
          client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
        ],
      });
      const port = await answerWith(0, (path) => {
        if (!path.startsWith('/again')) calls += 1;
        return answer;
      });
      await registerRaw(bed.engine, `http://127.0.0.1:${port}/api/inngest`, { retries: 1 });

      const [run] = await bed.endedRuns(await bed.send({ name: 'raw/event' }));

      expect(run?.status).toBe('Failed');
      expect(JSON.stringify(run?.output)).toContain(message);
      expect(calls).toBe(2);
    },
  );
});

/** Sends an event, which has the same id each time that it is sent with the same seed, and returns the id. */
async function sendSeeded(url: string, event: object, seed: string): Promise<string> {
  const headers = { 'x-inngest-event-id-seed': seed };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event) });
  const { ids, error } = await response.json();
  if (!response.ok) throw new Error(`Cannot send the event: ${error}`);
  return ids[0];
}

async function registerRaw(engine: Engine, url: string, { retries }: { retries: number }): Promise<void> {
  const fn = {
    id: 'raw-fn',
    name: 'fn',
    triggers: [{ event: 'raw/event' }],
    steps: { step: { runtime: { type: 'http', url }, retries: { attempts: retries } } },
  };
  const body = JSON.stringify({ url, appName: 'raw', functions: [fn] });
  const response = await fetch(`${engine.url}/fn/register`, { method: 'POST', body });
  expect(await response.json()).toMatchObject({ ok: true });
}

interface FakeAnswer {
  readonly status: number;
  readonly sdk: boolean;
  readonly body: string;
  readonly location?: string;
}

/** Serves fixed answers. A status of 0 breaks the connection. */
async function answerWith(
  port: number,
  answer: (path: string, method: string, headers: IncomingHttpHeaders) => FakeAnswer,
): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const { status, sdk, body, location } = answer(
        request.url ?? '',
        request.method ?? '',
        request.headers,
      );
      if (status === 0) return void request.socket.destroy();
      response.writeHead(status, {
        ...(sdk ? { 'x-inngest-sdk': 'test' } : {}),
        ...(location === undefined ? {} : { location }),
      });
      response.end(body);
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
