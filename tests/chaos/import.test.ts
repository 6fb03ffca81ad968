import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { generateSchool, type Simulator, startSimulator } from '../../simulator/main.ts';
import type { Context } from '../../src/context.ts';
import {
  assets,
  blocks,
  courses,
  files,
  importItems,
  imports,
  lessons,
  organisations,
  quizzes,
  sections,
} from '../../src/db/schema/index.ts';
import { isAppError } from '../../src/errors/app-error.ts';
import { spawnEngine } from '../engine/start-engine-process.ts';
import { connectSchool } from '../imports/import-platform.ts';
import { query } from '../support/database.ts';
import { type OwnDatabaseServer, startOwnDatabaseServer } from '../support/embedded.ts';
import { ownPort } from '../support/own-port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';
import { type Random, seededRandom } from './engine/random.ts';
import { Crew } from './engine/victims.ts';
import { calm, type Drawn, drawFaults, gatewayTimeout } from './import/faults.ts';

// CHAOS_SEED=<number> repeats the choices of an earlier run; CHAOS_ROUNDS=<number> makes more imports.
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CHAOS_ROUNDS ?? 10);
const mostKills = 2;
/** How often an owner has to do something about one import: resume it, try again what failed, import what was missing anew. */
const mostHelps = 4;
const roundTimeoutMs = 120_000;
const sourceCourseId = '600001';

interface Stage {
  readonly school: Simulator;
  readonly database: OwnDatabaseServer;
  readonly engines: Crew;
  readonly workers: Crew;
  context(organisationId: string): Context;
}

/** School, database, engine and worker; the last three can be killed. */
async function setUp(): Promise<Stage> {
  const school = await startSimulator({
    port: 0,
    school: generateSchool({
      courses: 1,
      lessons: 8,
      lessonsPerSection: 3,
      textCharacters: 300,
      videos: 0.25,
      seed: 3,
    }),
    faults: calm,
  });
  afterAll(() => school.stop());
  const database = await startOwnDatabaseServer();
  const [enginePort, workerPort] = [await ownPort(), await ownPort()];
  const keys = {
    INNGEST_EVENT_KEY: `eventkey-${randomBytes(16).toString('hex')}`,
    INNGEST_SIGNING_KEY: `signkey-test-${randomBytes(16).toString('hex')}`,
  };
  Object.assign(process.env, {
    ...keys,
    DATABASE_URL: database.url,
    DATA_DIR: await temporaryFolder(),
    INNGEST_BASE_URL: `http://127.0.0.1:${enginePort}`,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ALLOWED_PRIVATE_HOSTS: school.allowedHosts.join(','),
    // Some files of the school never end, and come slowly.
    ASSET_MAX_BYTES: '5000000',
    LOG_LEVEL: 'silent',
  });
  const { migrate } = await import('../../src/db/migrate.ts');
  await migrate(database.url);
  const script = fileURLToPath(new URL('import/worker-process.ts', import.meta.url));
  const workers = new Crew(1, () =>
    spawn(process.execPath, ['--import', 'tsx', script, String(workerPort)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const engines = new Crew(1, () =>
    spawnEngine({
      databaseUrl: database.url,
      port: enginePort,
      sdkUrls: [`http://127.0.0.1:${workerPort}/api/inngest`],
      eventKeys: [keys.INNGEST_EVENT_KEY],
      signingKey: keys.INNGEST_SIGNING_KEY,
      dev: false,
      retryIntervalMs: 300,
    }),
  );
  const { getContext, closeContext } = await import('../../src/context.ts');
  afterAll(closeContext);
  // An event that comes before its job is registered starts nothing.
  await waitFor(() => query(database.url, 'select 1 from engine.functions').then((rows) => rows[0]), {
    what: 'the registration of the jobs with the engine',
    timeoutMs: roundTimeoutMs,
  });
  return { school, database, engines, workers, context: getContext };
}

/**
 * Imports the course into an organisation of its own, while kills strike, and tells all that there is of it then. When the
 * import comes to a halt because of the school, the school gets well, and its owner does what the page offers.
 */
async function importInto(
  stage: Stage,
  organisationId: string,
  faults: Drawn,
  kills: readonly (() => Promise<void>)[],
) {
  const { withDatabaseRetry } = await import('../../src/db/client.ts');
  const { startImport } = await import('../../src/imports/start.ts');
  const { watchImport } = await import('../../src/imports/watch.ts');
  const context = stage.context(organisationId);
  const { database } = context;
  await database.insert(organisations).values({ id: organisationId, name: organisationId });
  const connectionId = await connectSchool(context, stage.school.apiUrl, 'sim-key');
  stage.school.faults.set(faults.passing);
  // The school may refuse the first reading of the course, too.
  const { importId } = await waitFor(() => startImport(context, { connectionId, sourceCourseId }), {
    what: 'the import to start',
    timeoutMs: roundTimeoutMs,
  });
  stage.school.faults.set(faults.lasting ?? {});
  for (const kill of kills) await kill();
  let id = importId;
  for (let helps = 0; ; helps += 1) {
    const { status } = await watchImport(context, id, {
      untilPaused: true,
      pollMs: 50,
      signal: AbortSignal.timeout(roundTimeoutMs),
    }).catch(async (error: unknown) => {
      throw Object.assign(new Error(`Import "${id}" is stuck: ${await stuckAt(stage, id)}`), {
        cause: error,
      });
    });
    if (status === 'completed') return withDatabaseRetry(() => dump(context, id));
    expect(helps, `the import is ${status} in the end`).toBeLessThan(mostHelps);
    id = await goOn(stage, context, connectionId, id);
  }
}

/** Resumes an import, tries again what failed, or starts it anew when that is all that helps; gives the one that runs then. */
async function goOn({ school }: Stage, context: Context, connectionId: string, importId: string) {
  const { resumeImport } = await import('../../src/imports/resume.ts');
  const { retryFailed } = await import('../../src/imports/retry-failed.ts');
  const { startImport } = await import('../../src/imports/start.ts');
  school.reset();
  school.faults.set(calm);
  const [row] = await context.database.select().from(imports).where(eq(imports.id, importId));
  try {
    if (row?.status === 'paused') await resumeImport(context, { importId });
    else await retryFailed(context, { importId, fixed: true });
    return importId;
  } catch (error) {
    if (!isAppError(error, 'CONFLICT')) throw error;
    return (await startImport(context, { connectionId, sourceCourseId })).importId;
  }
}

/** What is open, and what the engine has still to do. */
async function stuckAt({ database: { url } }: Stage, importId: string): Promise<string> {
  const items = await query(
    url,
    `select kind, source_id, status, attempts, requested_at, updated_at from import_items
     where import_id = '${importId}' and status in ('pending', 'running') limit 10`,
  );
  const runs = await query(
    url,
    `select r.id, r.function_id, r.attempt, to_timestamp(r.due_at_ms / 1000) as due, s.name as step, s.status,
       to_timestamp(s.due_at_ms / 1000) as step_due
     from engine.runs r left join engine.steps s on s.run_id = r.id and s.status <> 'completed'
     where r.status = 'running' limit 10`,
  );
  return JSON.stringify({ now: new Date(), items, runs }, null, 2);
}

/** The course without our ids and times, its ledger, and how many rows there are of everything. */
async function dump(context: Context, importId: string) {
  const { readExport } = await import('../../src/courses/export-document.ts');
  const { database, organisationId } = context;
  const [course] = await database.select().from(courses).where(eq(courses.organisationId, organisationId));
  const { document } = await readExport(context, course?.id ?? '');
  const items = await database.select().from(importItems).where(eq(importItems.importId, importId));
  const tables = { courses, sections, lessons, blocks, quizzes, files, assets };
  const rows = Object.entries(tables).map(
    async ([name, table]) =>
      [name, await database.$count(table, eq(table.organisationId, organisationId))] as const,
  );
  return {
    course: document,
    ledger: items
      .map(({ kind, sourceId, status, reason }) => [kind, sourceId, status, reason].join(' '))
      .sort(),
    rows: Object.fromEntries(await Promise.all(rows)),
  };
}

function drawKills(random: Random, { database, engines, workers }: Stage): (() => Promise<void>)[] {
  const victims = [
    async () => workers.kill(),
    async () => engines.kill(),
    async () => {
      await database.kill9();
      await database.restart();
    },
  ];
  return Array.from({ length: random.between(1, mostKills) }, () => {
    const victim = victims[random.between(0, victims.length - 1)];
    const afterMs = random.between(50, 1_500);
    return async () => {
      await delay(afterMs);
      await victim?.();
    };
  });
}

it(`an import ends the same, whatever dies and whatever the school answers, ${rounds} times (CHAOS_SEED=${seed})`, {
  timeout: 120_000 + rounds * roundTimeoutMs,
}, async () => {
  const random = seededRandom(seed);
  const stage = await setUp();
  const undisturbed = await importInto(stage, 'org_calm', { passing: calm, lasting: null }, []);
  expect(undisturbed.rows.lessons).toBe(8);

  for (let round = 1; round <= rounds; round += 1) {
    const faults = drawFaults(random, rounds > 10 ? [gatewayTimeout] : []);
    const disturbed = await importInto(stage, `org_${round}`, faults, drawKills(random, stage));
    stage.school.reset();

    // An import that brings what was missing finds the rest unchanged.
    const ledger = faults.lasting
      ? disturbed.ledger.map((item) => item.replace(' unchanged ', ' imported '))
      : disturbed.ledger;
    expect({ ...disturbed, ledger }, `round ${round} with ${JSON.stringify(faults)}`).toEqual(undisturbed);
  }
});
