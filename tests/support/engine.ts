import { createHash, randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import type { Engine } from '../../engine/main.ts';
import type { Database } from '../../src/db/client.ts';
import type { CreatedEvent } from '../../src/jobs/define-event.ts';
import type { Job } from '../../src/jobs/job-types.ts';
import type { Worker } from '../../src/jobs/worker.ts';
import { createTestDatabase } from './database.ts';
import { ownPort } from './own-port.ts';
import { waitFor } from './wait.ts';

export interface TestPlatformOptions {
  /** Imports the jobs, as in `async () => (await import('./x.job.ts')).jobs`: not before the settings are there. */
  readonly jobs: () => Promise<readonly Job[]>;
  /** The platform's database. Default: one of its own. */
  readonly databaseUrl?: string;
  /** The engine waits so long before each retry. Default: 20 ms. */
  readonly retryIntervalMs?: number;
  /** More settings, as in `src/env.ts`. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestPlatform {
  readonly engine: Engine;
  readonly worker: Worker;
  readonly databaseUrl: string;
  readonly database: Database;
  /** Every line that was logged, from level "debug" on. */
  readonly log: readonly LogLine[];
  /** Sends an event and tells the engine's id of it. */
  send(event: CreatedEvent): Promise<string>;
  /** Like `send`, from somebody who does not use our code: the payload is not checked. */
  sendForeign(event: { readonly name: string; readonly data: unknown }): Promise<string>;
  /** Waits until an event has started as many runs and all have ended. */
  waitForRuns(eventId: string, count?: number): Promise<readonly EndedTestRun[]>;
  /** Sends an event, waits for its one run, and tells how it ended. */
  run(event: CreatedEvent): Promise<EndedTestRun>;
  /** Waits until a line with this message has been logged, and gives the first. */
  waitForLog(message: string): Promise<LogLine>;
  /** Asks the engine's own API. */
  get(path: string): Promise<Response>;
}

export interface EndedTestRun {
  readonly run_id: string;
  readonly status: 'Completed' | 'Failed' | 'Cancelled';
  readonly output: unknown;
}

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly msg: string;
}

const started: Array<() => Promise<void>> = [];
afterAll(async () => {
  for (const stop of started.splice(0).reverse()) await stop();
});

/**
 * Starts the embedded engine and a worker with these jobs, signed, on free ports, with a database each; stopped after the test
 * file. The Inngest client reads the environment when it is imported, and a test file is one process: so once per file, and
 * the file may import of `src/jobs` only types, or dynamically after this.
 */
export async function startTestPlatform(options: TestPlatformOptions): Promise<TestPlatform> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase('platform')).url;
  const enginePort = await ownPort();
  const keys = {
    eventKey: `eventkey-${randomBytes(16).toString('hex')}`,
    signingKey: `signkey-test-${randomBytes(16).toString('hex')}`,
  };
  Object.assign(process.env, {
    DATABASE_URL: databaseUrl,
    INNGEST_BASE_URL: `http://127.0.0.1:${enginePort}`,
    INNGEST_EVENT_KEY: keys.eventKey,
    INNGEST_SIGNING_KEY: keys.signingKey,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ...options.env,
  });

  const log = await captureLog(keys.signingKey);
  const database = await openDatabase(databaseUrl);
  const worker = await startTestWorker(options.jobs);
  const engine = await startTestEngine(options, { port: enginePort, sdkUrl: worker.url, ...keys });
  const api = engineApi(engine.url, keys);
  await waitUntilRegistered(api.get);
  const waitForLog = (message: string) =>
    waitFor(() => log.find((line) => line.msg === message), { what: `the log line "${message}"` });
  return { engine, worker, databaseUrl, database, log, waitForLog, ...api };
}

async function captureLog(signingKey: string): Promise<readonly LogLine[]> {
  const { createLogger, setLog } = await import('../../src/jobs/log.ts');
  const { getEnv } = await import('../../src/env.ts');
  if (getEnv().INNGEST_SIGNING_KEY !== signingKey) {
    throw new Error(
      'Cannot start the test platform: the environment was read before, import code of src/ dynamically or start it earlier',
    );
  }
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  setLog(createLogger({ level: 'debug', destination }));
  return lines;
}

async function openDatabase(url: string): Promise<Database> {
  const { connect } = await import('../../src/db/client.ts');
  const connection = connect(url, { poolSize: 4 });
  started.push(() => connection.close());
  return connection.db;
}

async function startTestWorker(loadJobs: TestPlatformOptions['jobs']): Promise<Worker> {
  const jobs = await loadJobs();
  const { startWorker } = await import('../../src/jobs/worker.ts');
  const worker = await startWorker({ jobs, port: 0 });
  started.push(() => worker.stop());
  return worker;
}

async function startTestEngine(
  { retryIntervalMs = 20 }: TestPlatformOptions,
  {
    port,
    sdkUrl,
    eventKey,
    signingKey,
  }: { port: number; sdkUrl: string; eventKey: string; signingKey: string },
): Promise<Engine> {
  const { startEngine } = await import('../../engine/main.ts');
  const { url: databaseUrl } = await createTestDatabase('empty');
  const engine = await startEngine({
    databaseUrl,
    port,
    sdkUrls: [sdkUrl],
    eventKeys: [eventKey],
    signingKey,
    dev: false,
    retryIntervalMs,
  });
  started.push(() => engine.stop());
  return engine;
}

function engineApi(engineUrl: string, keys: { readonly eventKey: string; readonly signingKey: string }) {
  const headers = { authorization: `Bearer ${hashSigningKey(keys.signingKey)}` };
  const get = (path: string) => fetch(new URL(path, engineUrl), { headers });

  async function sendForeign(event: { readonly name: string; readonly data: unknown }): Promise<string> {
    const body = JSON.stringify(event);
    const response = await fetch(new URL(`/e/${keys.eventKey}`, engineUrl), { method: 'POST', body });
    const answer = (await response.json()) as { readonly ids?: readonly string[]; readonly error?: string };
    const id = answer.ids?.[0];
    if (!response.ok || id === undefined) throw new Error(`Cannot send "${event.name}": ${answer.error}`);
    return id;
  }

  async function waitForRuns(eventId: string, count = 1): Promise<readonly EndedTestRun[]> {
    return waitFor(
      async () => {
        const { data } = (await (await get(`/v1/events/${eventId}/runs`)).json()) as {
          readonly data?: readonly EndedTestRun[];
        };
        const ended = data?.filter(({ status }) => ['Completed', 'Failed', 'Cancelled'].includes(status));
        return data?.length === count && ended?.length === count ? ended : null;
      },
      { what: `the end of ${count} run(s) of event ${eventId}`, timeoutMs: 20_000 },
    );
  }

  async function send(event: CreatedEvent): Promise<string> {
    const { inngest } = await import('../../src/jobs/client.ts');
    const { ids } = await inngest.send(event);
    const [id] = ids;
    if (id === undefined) throw new Error(`Cannot send "${event.name}": the engine gave no id`);
    return id;
  }

  async function run(event: CreatedEvent): Promise<EndedTestRun> {
    const [ended] = await waitForRuns(await send(event));
    if (ended === undefined) throw new Error(`Event "${event.name}" started no run`);
    return ended;
  }

  return { get, send, sendForeign, waitForRuns, run };
}

async function waitUntilRegistered(get: (path: string) => Promise<Response>): Promise<void> {
  await waitFor(
    async () => {
      const { functions } = (await (await get('/dev')).json()) as { readonly functions?: readonly unknown[] };
      return functions !== undefined && functions.length > 0;
    },
    { what: 'the registration of the jobs with the engine' },
  );
}

/** The bearer token of a signing key: its prefix, and the SHA-256 of the bytes that its hexadecimal rest names. */
function hashSigningKey(signingKey: string): string {
  const [prefix = ''] = signingKey.match(/^signkey-\w+-/) ?? [];
  const bytes = Buffer.from(signingKey.slice(prefix.length), 'hex');
  return prefix + createHash('sha256').update(bytes).digest('hex');
}
