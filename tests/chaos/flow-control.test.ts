import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createClient, reserveApp, testEngineOptions } from '../engine/engine-app.ts';
import { startEngineProcess } from '../engine/start-engine-process.ts';
import { createTestDatabase, query } from '../support/database.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';

const kills = 3;
const eventsPerKill = 6;
const killEveryMs = 700;

it(`flow control loses no event and doubles none while ${kills} kills hit the engine`, {
  timeout: 120_000,
}, async () => {
  const { url: databaseUrl } = await createTestDatabase('empty');
  const app = await reserveApp();
  const port = await ownPort();
  const client = createClient(`http://127.0.0.1:${port}`);
  const triggers = (kind: string) => [{ event: `flow/${kind}` }];
  const work = async () => void (await delay(10));
  await app.serve(client, [
    client.createFunction(
      { id: 'batch', triggers: triggers('batch'), batchEvents: { maxSize: 3, timeout: '1s' } },
      work,
    ),
    client.createFunction({ id: 'once', triggers: triggers('once'), idempotency: 'event.data.pair' }, work),
    client.createFunction(
      { id: 'calm', triggers: triggers('calm'), debounce: { period: '1s', key: 'event.data.pair' } },
      work,
    ),
    client.createFunction(
      { id: 'single', triggers: triggers('single'), singleton: { mode: 'cancel', key: 'event.data.pair' } },
      async ({ step }) => await step.sleep('nap', '1s'),
    ),
  ]);
  const options = { ...testEngineOptions(databaseUrl, false), port, sdkUrls: [app.url] };
  let engine = await startEngineProcess(options);
  await waitFor(async () => (await countRegistered(port)) === 4, { what: 'the registration' });

  let isSending = true;
  const killing = (async () => {
    for (let n = 0; n < kills; n += 1) {
      await delay(killEveryMs);
      engine.kill('SIGKILL');
      await once(engine, 'exit');
      engine = await startEngineProcess(options);
    }
    isSending = false;
  })();
  let count = 0;
  while (isSending || count < kills * eventsPerKill) {
    // Two events make a pair. The id makes sure that one that was sent again is taken once.
    for (const kind of ['batch', 'once', 'calm', 'single']) {
      const event = { name: `flow/${kind}`, id: `${kind}-${count}`, data: { n: count, pair: count >> 1 } };
      await waitFor(() => client.send(event), { what: `event ${event.id} to be taken`, timeoutMs: 60_000 });
    }
    count += 1;
    await delay(20);
  }
  await killing;
  await waitFor(async () => (await countUndone(databaseUrl)) === 0, {
    what: 'the end of all runs',
    timeoutMs: 60_000,
  });

  const runs = await findRuns(databaseUrl);
  const of = (kind: string) => runs.filter((run) => run.kind === kind);
  const all = Array.from({ length: count }, (_, n) => n);
  const pairs = [...new Set(all.map((n) => n >> 1))];
  const newest = pairs.map((pair) => Math.max(...all.filter((n) => n >> 1 === pair)));

  expect(
    of('batch')
      .flatMap(({ ns }) => ns)
      .toSorted(byNumber),
  ).toEqual(all);
  expect(of('batch').every(({ ns }) => ns.length <= 3)).toBe(true);
  expect(
    of('once')
      .map(({ ns }) => ns[0] ?? -1)
      .toSorted(byNumber),
  ).toEqual(pairs.map((pair) => pair * 2));
  // A pause longer than the period lets the first of a pair have a run too.
  expect(of('calm').map(({ ns }) => ns[0])).toEqual(expect.arrayContaining(newest));
  expect(new Set(of('calm').map(({ ns }) => ns[0])).size).toBe(of('calm').length);
  expect(
    of('single')
      .map(({ ns }) => ns[0] ?? -1)
      .toSorted(byNumber),
  ).toEqual(all);
  const completed = of('single').filter(({ status }) => status === 'completed');
  expect(completed.map(({ ns }) => ns[0])).toEqual(expect.arrayContaining(newest));
  expect(runs.every(({ status, kind }) => status === 'completed' || kind === 'single')).toBe(true);
});

function byNumber(a: number, b: number): number {
  return a - b;
}

async function countRegistered(port: number): Promise<number> {
  const answer = (await (await fetch(`http://127.0.0.1:${port}/dev`)).json()) as {
    functions: readonly unknown[];
  };
  return answer.functions.length;
}

async function countUndone(databaseUrl: string): Promise<number> {
  const [row] = await query(
    databaseUrl,
    `select ((select count(*) from engine.runs where status = 'running') + (select count(*) from engine.effects)
       + (select count(*) from engine.collections))::integer as count`,
  );
  return Number(row?.count ?? -1);
}

interface FoundRun {
  readonly kind: string;
  readonly status: string;
  readonly ns: readonly number[];
}

async function findRuns(databaseUrl: string): Promise<readonly FoundRun[]> {
  const rows = await query(
    databaseUrl,
    `select substring(first.name from 6) as kind, r.status,
       (select array_agg((e.payload->'data'->>'n')::int order by e.id) from engine.events e
        where e.id = any(coalesce(r.event_ids, array[r.event_id]))) as ns
     from engine.runs r join engine.events first on first.id = r.event_id where first.name like 'flow/%'`,
  );
  return rows.map(({ kind, status, ns }) => ({
    kind: String(kind),
    status: String(status),
    ns: Array.isArray(ns) ? ns.map(Number) : [],
  }));
}
