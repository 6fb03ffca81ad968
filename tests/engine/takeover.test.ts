import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EngineOptions, startEngine } from '../../engine/main.ts';
import { createTestDatabase, query } from '../support/database.ts';
import { ownPort } from '../support/own-port.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait.ts';
import { createClient, gate, reserveApp, testEngineOptions } from './engine-app.ts';
import { spawnEngine, startEngineProcess, untilReady } from './start-engine-process.ts';

interface Stage {
  readonly databaseUrl: string;
  readonly proxy: TcpProxy;
  /** Engine options that lead to the database through the proxy. */
  readonly throughProxy: EngineOptions;
  readonly direct: EngineOptions;
  /** What steps of the app ran, as `<event number>:<step>`, in order. */
  readonly ran: readonly string[];
  /** Steps called `second` wait until it is opened. */
  readonly second: { open(): void };
}

/** An app whose function has the steps first, second, a sleep of one second, and third. It reports no checkpoints. */
async function setStage(): Promise<Stage> {
  const enginePort = await ownPort();
  const { url: databaseUrl } = await createTestDatabase('empty');
  const proxy = await startTcpProxy(Number(new URL(databaseUrl).port));
  const proxied = new URL(databaseUrl);
  proxied.port = String(proxy.port);

  const app = await reserveApp();
  const client = createClient(`http://127.0.0.1:${enginePort}`, { checkpointing: false });
  const ran: string[] = [];
  const second = gate();
  await app.serve(client, [
    client.createFunction({ id: 'steps', triggers: [{ event: 'shop/steps' }] }, async ({ event, step }) => {
      const { n } = event.data;
      await step.run('first', () => void ran.push(`${n}:first`));
      await step.run('second', async () => {
        ran.push(`${n}:second`);
        await second.opened;
      });
      await step.sleep('nap', '1s');
      await step.run('third', () => void ran.push(`${n}:third`));
    }),
  ]);
  const options = { ...testEngineOptions(databaseUrl, false), port: enginePort, sdkUrls: [app.url] };
  return {
    databaseUrl,
    proxy,
    direct: options,
    throughProxy: { ...options, databaseUrl: proxied.href },
    ran,
    second,
  };
}

async function untilRegistered(port: number): Promise<void> {
  await waitFor(
    async () => {
      const answer = await (await fetch(`http://127.0.0.1:${port}/dev`)).json();
      return (answer as { functions: unknown[] }).functions.length > 0;
    },
    { what: 'the registration' },
  );
}

async function send(port: number, n: number): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}/e/any`, {
    method: 'POST',
    body: JSON.stringify({ name: 'shop/steps', id: `event-${n}`, data: { n } }),
  });
}

async function untilEnded(stage: Stage, count: number): Promise<void> {
  await waitFor(
    async () => {
      const rows = await query(stage.databaseUrl, 'select status from engine.runs');
      return rows.length === count && rows.every(({ status }) => status === 'completed');
    },
    { what: `the end of ${count} runs`, timeoutMs: 20_000 },
  );
}

function exitOf(child: ChildProcess): Promise<unknown> {
  return child.exitCode === null
    ? once(child, 'exit').then(([code]) => code)
    : Promise.resolve(child.exitCode);
}

describe('an engine that stands by', () => {
  it('takes over, on the same port, when the first one is killed', async () => {
    const stage = await setStage();
    const { port } = stage.direct;
    const first = await startEngineProcess(stage.direct);
    const standby = spawnEngine({ ...stage.direct, standby: true });
    await untilRegistered(port);
    await send(port, 0);
    await waitFor(() => stage.ran.includes('0:second'), { what: 'the second step' });

    first.kill('SIGKILL');
    await untilReady(standby);
    stage.second.open();
    await send(port, 1);

    await untilEnded(stage, 2);
    expect(stage.ran.filter((step) => step.endsWith('first'))).toEqual(['0:first', '1:first']);
    expect(stage.ran.filter((step) => step.endsWith('third')).sort()).toEqual(['0:third', '1:third']);
  });

  it('takes over from one that hangs; when that one wakes up it changes nothing, calls nobody and ends', {
    timeout: 60_000,
  }, async () => {
    const stage = await setStage();
    const { port } = stage.direct;
    stage.second.open();
    const first = await startEngineProcess(stage.direct);
    await untilRegistered(port);
    for (let n = 0; n < 10; n += 1) await send(port, n);
    await waitFor(
      async () => {
        const sleepers = "select from engine.steps where status = 'sleeping'";
        return (await query(stage.databaseUrl, sleepers)).length === 10;
      },
      { what: 'all runs to be asleep' },
    );

    first.kill('SIGSTOP');
    const standby = spawnEngine({ ...stage.direct, standby: true, port: 0 });
    await untilReady(standby);
    await untilEnded(stage, 10);
    first.kill('SIGCONT');

    expect(await exitOf(first)).toBe(2);
    expect(stage.ran.length).toBe(30);
    expect(new Set(stage.ran).size).toBe(30);
  });

  it('takes over from one that the network has cut off; what that one still does is not kept', {
    timeout: 60_000,
  }, async () => {
    const stage = await setStage();
    const { port } = stage.direct;
    const first = await startEngineProcess(stage.throughProxy);
    await untilRegistered(port);
    await send(port, 0);
    await waitFor(() => stage.ran.includes('0:second'), { what: 'the second step' });

    stage.proxy.stall({ newOnesToo: true });
    const standby = spawnEngine({ ...stage.direct, standby: true, port: 0 });
    await untilReady(standby);
    await waitFor(() => stage.ran.filter((step) => step === '0:second').length === 2, {
      what: 'the call that the second engine makes',
    });
    stage.second.open();
    await untilEnded(stage, 1);
    stage.proxy.resume();

    expect(await exitOf(first)).toBe(2);
    expect(stage.ran.filter((step) => step === '0:third')).toEqual(['0:third']);
    const steps = await query(stage.databaseUrl, 'select distinct boot from engine.steps where place > 0');
    expect(steps).toEqual([{ boot: 2 }]);
  });
});

describe('a database that takes connections and never answers', () => {
  it('makes the engine refuse events, and goes on when it answers again', async () => {
    const stage = await setStage();
    const engine = await startEngine({ ...stage.throughProxy, databaseTimeoutMs: 1_500 });
    onTestFinished(() => engine.stop());
    stage.second.open();
    await untilRegistered(engine.port);
    await send(engine.port, 0);
    await waitFor(() => stage.ran.includes('0:second'), { what: 'the second step' });

    stage.proxy.stall({ newOnesToo: true });
    const refused = await send(engine.port, 1);
    const health = await fetch(`${engine.url}/readyz`);
    stage.proxy.resume();
    await waitFor(async () => (await send(engine.port, 1)).ok, { what: 'the event to be taken' });
    await untilEnded(stage, 2);

    expect([refused.status, health.status]).toEqual([503, 503]);
    expect(stage.ran.toSorted()).toEqual([
      ...['0:first', '0:second', '0:third'],
      ...['1:first', '1:second', '1:third'],
    ]);
  });

  it('does not keep an engine from reconnecting when only its connections are dead', async () => {
    const stage = await setStage();
    const engine = await startEngine({ ...stage.throughProxy, databaseTimeoutMs: 1_500 });
    onTestFinished(() => engine.stop());
    stage.second.open();
    await untilRegistered(engine.port);

    stage.proxy.stall({ newOnesToo: false });
    await waitFor(async () => (await send(engine.port, 1)).ok, { what: 'the event to be taken' });

    await untilEnded(stage, 1);
    expect(stage.ran).toEqual(['1:first', '1:second', '1:third']);
  });

  it('does not keep an engine from stopping', async () => {
    const stage = await setStage();
    const engine = await startEngine(stage.throughProxy);
    stage.proxy.stall({ newOnesToo: true });
    const refused = send(engine.port, 1).catch(() => 'connection ended');

    await engine.stop();

    expect(await refused).toBe('connection ended');
  });
});

describe('SIGTERM', () => {
  it('ends an engine in order while calls are under way; they are made again after the next start', async () => {
    const stage = await setStage();
    const { port } = stage.direct;
    const first = await startEngineProcess(stage.direct);
    await untilRegistered(port);
    for (let n = 0; n < 5; n += 1) await send(port, n);
    await waitFor(() => stage.ran.filter((step) => step.endsWith('second')).length === 5, {
      what: 'five calls under way',
    });

    first.kill('SIGTERM');
    expect(await exitOf(first)).toBe(0);
    stage.second.open();
    await startEngineProcess(stage.direct);

    await untilEnded(stage, 5);
    expect(stage.ran.filter((step) => step.endsWith('first'))).toHaveLength(5);
    expect(stage.ran.filter((step) => step.endsWith('third'))).toHaveLength(5);
  });
});
