import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Inngest, NonRetriableError, step } from 'inngest';
import { stream } from 'inngest/experimental/durable-endpoints';
import { fetchWithStream } from 'inngest/experimental/durable-endpoints/client';
import { createEndpointServer, endpointAdapter } from 'inngest/node';
import pg from 'pg';
import { ulid } from 'ulid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Engine, startEngine } from '../../engine/main.ts';
import { apiToken } from '../../engine/protocol/signing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';
import { testEngineOptions, testKeys } from './engine-app.ts';

interface EndpointBed {
  readonly engine: Engine;
  readonly database: TestDatabase;
  /** The address of the endpoint. */
  readonly url: string;
  /** Requests that reached the app: the method, and whether they came from the engine. */
  readonly requests: readonly { readonly method: string; readonly isFromEngine: boolean }[];
  /** Waits until the endpoint's only run has ended. */
  endedRun(): Promise<{ id: string; status: string; output: unknown; error: unknown }>;
  restartEngine(whileStopped?: () => Promise<void>): Promise<void>;
}

/** An app with one durable endpoint on a real engine. All of it ends with the test. */
async function startEndpoint(
  handler: (request: Request) => Promise<Response>,
  { signed = false }: { signed?: boolean } = {},
): Promise<EndpointBed> {
  const database = await createTestDatabase('empty');
  const options = {
    ...testEngineOptions(database.url, signed),
    port: await ownPort(),
  };
  let engine = await startEngine(options);
  onTestFinished(() => engine.stop());
  const client = new Inngest({
    id: 'shop',
    baseUrl: engine.url,
    isDev: !signed,
    signingKey: testKeys.signingKey,
    endpointAdapter,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const requests: { method: string; isFromEngine: boolean }[] = [];
  const server = createEndpointServer(client.endpoint(handler));
  server.on('request', ({ method = '', headers }) => {
    requests.push({ method, isFromEngine: headers['x-run-id'] !== undefined });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    get engine() {
      return engine;
    },
    database,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders/7?by=mail`,
    requests,
    endedRun: () => waitFor(() => readEndedRun(database), { what: 'the end of the run' }),
    async restartEngine(whileStopped) {
      await engine.stop();
      await whileStopped?.();
      engine = await startEngine(options);
    },
  };
}

async function readEndedRun(database: TestDatabase) {
  const rows = await query(
    database,
    "select id, status, output, error from engine.runs where status <> 'running'",
  );
  expect(rows.length).toBeLessThan(2);
  return rows[0] as { id: string; status: string; output: unknown; error: unknown } | undefined;
}

async function query(database: TestDatabase, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const modes = [{ signed: false }, { signed: true }];

describe.each(modes)('a durable endpoint with %o', (mode) => {
  it('streams to its client before and after the engine has taken over', async () => {
    const bed = await startEndpoint(async () => {
      await step.run('a', () => stream.push('one'));
      await step.sleep('wait', '1s');
      await step.run('b', () => stream.push('two'));
      return Response.json('done', { status: 202, headers: { 'x-shop': 'open' } });
    }, mode);
    const pieces: unknown[] = [];

    const response = await fetchWithStream(bed.url, { onData: ({ data }) => pieces.push(data) });

    expect(pieces).toEqual(['one', 'two']);
    expect(response.status).toBe(202);
    expect(response.headers.get('x-shop')).toBe('open');
    expect(await response.json()).toBe('done');
    expect(await bed.endedRun()).toMatchObject({ status: 'completed' });
  });
});

it('fails at once when it streams and throws for good', async () => {
  const bed = await startEndpoint(async () => {
    await step.run('a', () => stream.push('one'));
    throw new NonRetriableError('never');
  });

  const response = await fetchWithStream(bed.url);

  expect(response.status).toBe(500);
  expect(await response.json()).toBe('never');
  expect(await bed.endedRun()).toMatchObject({ status: 'failed' });
  expect(bed.requests).toHaveLength(1);
});

it('does not hold up other endpoints when the app of one is away for good', async () => {
  const bed = await startEndpoint(async () => {
    await step.sleep('wait', '1s');
    return Response.json('done');
  });
  const away = await fetch(new URL('/v1/checkpoint', bed.engine.url), {
    method: 'POST',
    body: JSON.stringify({
      run_id: ulid(),
      event: {
        name: 'inngest/http.request',
        data: { domain: 'http://127.0.0.1:1', path: '/', method: 'GET' },
      },
      steps: [{ op: 'DiscoveryRequest', id: 'discovery' }],
    }),
  });
  expect(away.status).toBe(200);

  expect((await fetch(bed.url)).status).toBe(200);
  const { data } = (await away.json()) as { data: { run_id: string; token: string } };
  const output = await fetch(
    new URL(`/v1/http/runs/${data.run_id}/output?token=${data.token}`, bed.engine.url),
  );
  expect(output.status).toBe(500);
  expect(await output.json()).toMatchObject({ error: { name: 'AppAway' } });
});

it('gives the response to a client that follows the stream only after its end', async () => {
  const bed = await startEndpoint(async () => {
    await step.run('a', () => 'a');
    await step.sleep('wait', '1s');
    return Response.json('done');
  });
  const first = await fetch(bed.url, { headers: { accept: 'text/event-stream' } });
  const redirect = /"url":"([^"]+)"/.exec(await first.text())?.[1] ?? '';
  await bed.endedRun();

  const late = await fetch(redirect);

  expect(await late.text()).toBe(
    'event: inngest.response\ndata: {"status":"succeeded","response":{"body":"\\"done\\"","statusCode":200,"headers":{"content-type":"application/json"}}}\n\n',
  );
});

it('ends the stream of a run that is cancelled', async () => {
  const bed = await startEndpoint(async () => {
    await step.run('a', () => stream.push('one'));
    await step.sleep('wait', '1h');
    return Response.json('unreachable');
  });
  const response = fetchWithStream(bed.url);
  const [run] = await waitFor(
    async () => {
      const sleeping = await query(bed.database, "select run_id from engine.steps where status = 'sleeping'");
      return sleeping.length > 0 && sleeping;
    },
    { what: 'the sleep' },
  );

  await fetch(new URL(`/v1/runs/${run?.run_id}`, bed.engine.url), { method: 'DELETE' });

  expect((await response).status).toBe(500);
});

it('goes on after a restart of the engine without running a finished step again', async () => {
  const calls: string[] = [];
  const bed = await startEndpoint(async () => {
    await step.run('a', () => calls.push('a'));
    await step.sleep('wait', '1s');
    await step.run('b', () => calls.push('b'));
    return Response.json('done');
  });
  const first = await fetch(bed.url, { redirect: 'manual' });

  await bed.restartEngine();

  const response = await fetch(first.headers.get('location') ?? '');
  expect(response.status).toBe(200);
  expect(calls).toEqual(['a', 'b']);
});

it('is continued by the engine when the app dies while it serves the request', async () => {
  const bed = await startEndpoint(async () => Response.json(await step.run('a', () => 'not again')));
  const url = new URL(bed.url);
  const runId = ulid();
  const report = {
    run_id: runId,
    event: {
      name: 'inngest/http.request',
      data: { domain: url.origin, path: url.pathname, query_params: url.search, method: 'GET' },
    },
    steps: [
      { op: 'StepRun', id: '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', name: 'a', data: 'from the dead app' },
    ],
  };
  const send = () =>
    fetch(new URL('/v1/checkpoint', bed.engine.url), { method: 'POST', body: JSON.stringify(report) });

  expect((await send()).status).toBe(200);
  expect((await send()).status).toBe(200);
  await bed.restartEngine(async () => {
    // As if the time in which the app may be silent had passed.
    await query(bed.database, 'update engine.runs set due_at_ms = 1');
  });

  const run = await bed.endedRun();
  expect(run).toMatchObject({ id: runId, status: 'completed' });
  expect(JSON.stringify(run.output)).toContain('from the dead app');
  expect(bed.requests).toEqual([{ method: 'GET', isFromEngine: true }]);
  const late = await fetch(new URL(`/v1/checkpoint/${runId}/steps`, bed.engine.url), {
    method: 'POST',
    body: JSON.stringify({ fn_id: '', steps: [{ op: 'StepRun', id: 'other', data: 1 }] }),
  });
  expect(late.status).toBe(409);
});

it('shows its output only to those who have the token of the run', async () => {
  const bed = await startEndpoint(
    async () => {
      await step.sleep('wait', '1s');
      return Response.json('secret');
    },
    { signed: true },
  );
  const first = await fetch(bed.url, { redirect: 'manual' });
  const output = new URL(first.headers.get('location') ?? '');
  const otherRun = new URL(`/v1/http/runs/${ulid()}/output${output.search}`, output);

  expect((await fetch(otherRun)).status).toBe(401);
  expect((await fetch(new URL(output.pathname, output))).status).toBe(401);
  const headers = { authorization: `Bearer ${apiToken(testKeys.signingKey)}` };
  expect((await fetch(new URL(output.pathname, output), { headers })).status).toBe(401);
  expect((await fetch(output)).status).toBe(200);
});
