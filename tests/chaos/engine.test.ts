import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testEngineOptions } from '../engine/engine-app.ts';
import { spawnEngine } from '../engine/start-engine-process.ts';
import { query } from '../support/database.ts';
import { startOwnDatabaseServer } from '../support/embedded.ts';
import { ownPort } from '../support/own-port.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';
import { type Kind, kinds, outcomes } from './engine/functions.ts';
import { readJournal, repeatedSteps } from './engine/journal.ts';
import { Load } from './engine/load.ts';
import { seededRandom } from './engine/random.ts';
import { Crew } from './engine/victims.ts';

// CHAOS_SEED=<number> repeats the choices of an earlier run; CHAOS_KILLS=<number> kills more often.
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const kills = Number(process.env.CHAOS_KILLS ?? 30);
const eventsPerKill = 2;
/** Of every four kills, so many are of the engine, the app and the database. */
const victimsOfFour = ['engine', 'engine', 'app', 'database'] as const;
const killTimeoutMs = 60_000;
const settlePollMs = 250;
const stuckMs = 30_000;

it(`an engine loses nothing and repeats nothing while ${kills} kills hit it, the app and the database (CHAOS_SEED=${seed})`, {
  timeout: 180_000 + kills * 10_000,
}, async () => {
  const random = seededRandom(seed);
  const database = await startOwnDatabaseServer();
  const journalFile = join(await temporaryFolder(), 'journal');
  const [enginePort, appPort] = [await ownPort(), await ownPort()];
  const engineUrl = `http://127.0.0.1:${enginePort}`;
  const appScript = fileURLToPath(new URL('engine/app-process.ts', import.meta.url));
  const appArguments = [String(appPort), engineUrl, journalFile];
  const app = new Crew(1, () =>
    spawn(process.execPath, ['--import', 'tsx', appScript, ...appArguments], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const engineOptions = {
    ...testEngineOptions(database.url, false),
    port: enginePort,
    sdkUrls: [`http://127.0.0.1:${appPort}/api/inngest`],
    standby: true,
  };
  const engines = new Crew(2, () => spawnEngine(engineOptions));
  await waitFor(() => areRegistered(engineUrl), { what: 'the functions', timeoutMs: killTimeoutMs });

  const load = new Load(engineUrl, random);
  onScopeEnd(async () => load.abort());
  const rounds = Array.from({ length: kills }, (_, n) => victimsOfFour[n % victimsOfFour.length]);
  for (const victim of random.shuffled(rounds)) {
    for (let n = 0; n < eventsPerKill; n += 1) {
      load.send();
      await delay(random.between(20, 300));
    }
    if (victim === 'database') {
      await database.kill9();
      await database.restart();
    } else if (victim === 'app') {
      await waitFor(() => app.isReady, { what: 'the app', timeoutMs: killTimeoutMs });
      app.kill();
    } else {
      await waitFor(() => engines.isReady, { what: 'an engine', timeoutMs: killTimeoutMs });
      if (random.chance(0.3)) engines.killAll();
      else engines.kill();
    }
  }
  await load.settled();
  await untilSettled(database.url, load);

  const journal = readJournal(journalFile);
  expect(repeatedSteps(journal)).toEqual([]);
  expect(journal.filter(({ did }) => did === 'crowded')).toEqual([]);
  expect(await findRuns(database.url)).toEqual(expectedRuns(load.count));
  const oneOfEach = numbers(load.count).map((n) => ({ n, runs: 1 }));
  expect(await findRunsOf('inngest/function.failed', "data'->'event'->'data", database.url)).toEqual(
    oneOfEach,
  );
  expect(await findRunsOf('inngest/function.invoked', 'data', database.url)).toEqual(oneOfEach);
});

/**
 * Sends waiters what they wait for until all runs have ended and no event still has to start one.
 *
 * @throws {Error} when nothing has changed for long
 */
async function untilSettled(databaseUrl: string, load: Load): Promise<void> {
  let before = '';
  let changedAtMs = Date.now();
  for (;;) {
    const running = await findRunning(databaseUrl);
    const runs = await findRuns(databaseUrl);
    if (running.length === 0 && runs.length === kinds.length * load.count) return;

    await load.answer(running.filter(({ name }) => name === 'chaos/waiter').map(({ n }) => Number(n)));
    const now = JSON.stringify([runs.length, running]);
    if (now !== before) changedAtMs = Date.now();
    if (Date.now() - changedAtMs > stuckMs) throw new Error(`Some events or runs are stuck: ${now}`);
    before = now;
    await delay(settlePollMs);
  }
}

async function areRegistered(engineUrl: string): Promise<boolean> {
  const answer = (await (await fetch(`${engineUrl}/dev`)).json()) as { functions: readonly unknown[] };
  return answer.functions.length > kinds.length;
}

function findRunning(databaseUrl: string) {
  return query(
    databaseUrl,
    `select e.name, e.payload->'data'->>'n' as n, r.due_at_ms
     from engine.runs r join engine.events e on e.id = r.event_id
     where r.status = 'running'`,
  );
}

/** One row for each event that was sent, however often it was stored. */
async function findRuns(databaseUrl: string): Promise<readonly object[]> {
  return await query(
    databaseUrl,
    `select substring(e.name from 7) as kind, (e.payload->'data'->>'n')::int as n, string_agg(r.status, ' ') as ends
     from engine.runs r join engine.events e on e.id = any(coalesce(r.event_ids, array[r.event_id]))
     where e.name like 'chaos/%' group by 1, 2 order by 1, 2`,
  );
}

function expectedRuns(count: number): readonly object[] {
  const sorted = [...kinds].sort() as Kind[];
  return sorted.flatMap((kind) => numbers(count).map((n) => ({ kind, n, ends: outcomes[kind] })));
}

/** How many runs there are for each number that an internal event has at a path. */
async function findRunsOf(eventName: string, path: string, databaseUrl: string): Promise<readonly object[]> {
  return await query(
    databaseUrl,
    `select (e.payload->'${path}'->>'n')::int as n, count(*)::int as runs
     from engine.runs r join engine.events e on e.id = r.event_id
     where e.name = '${eventName}' group by 1 order by 1`,
  );
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}
