import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Env, readEnv } from '../../src/env.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { assertReportWritable, runHeadlessImport } from '../headless-import.ts';
import { allowPrivateHosts, privateHostsOf } from '../local-hosts.ts';
import { ledgerAddsUp } from '../output/import-view.ts';
import { buildPages } from '../supervisor/build-pages.ts';
import { cliEntry, type SupervisedChild, superviseChild } from '../supervisor/child.ts';
import { type Platform, startPlatform } from '../supervisor/platform.ts';
import { findPort } from '../supervisor/ports.ts';
import { untilStopped } from '../supervisor/until-stopped.ts';

interface DemoCommandOptions {
  readonly headless: boolean;
  readonly json?: string;
}

/** The course of the simulated school that is imported, and the school's key: see simulator/README.md. */
const sampleCourseId = '510001';
const simulatorKey = 'sim-key';
const simulatorPort = 4010;

const say = (line: string) => process.stderr.write(`courseport: ${line}\n`);

/** Everything at once, with a simulated school, to see what it does. */
export function addDemoCommand(program: Command): void {
  program.addCommand(
    new Command('demo')
      .description('start everything with a simulated school, and import its sample course while you watch')
      .option('--headless', 'without web pages: show the import here, then end', false)
      .option('--json <file>', 'write the report there, too')
      .action(async (options: DemoCommandOptions) => {
        const demoEnv = toDemoEnv(readEnv(process.env));
        if (options.json !== undefined) await assertReportWritable(options.json);
        if (options.headless) process.exitCode = await runHeadless(demoEnv, options.json);
        else await runWithPages(demoEnv, options.json);
      }),
  );
}

/** A demo works beside the real data: not in the database, the bucket, the engine or with the keys that are set for those. */
export function toDemoEnv(env: Env): Env {
  const {
    DATABASE_URL: _database,
    INNGEST_BASE_URL: _engine,
    INNGEST_EVENT_KEY: _eventKey,
    INNGEST_SIGNING_KEY: _signingKey,
    ENCRYPTION_KEY: _encryptionKey,
    S3_BUCKET: _bucket,
    ...kept
  } = env;
  return { ...kept, DATA_DIR: join(env.DATA_DIR, 'demo') };
}

/** For the processes of the demo, which have the settings of this one. An empty variable is one that is not set. */
const noBucket = {
  S3_BUCKET: '',
  S3_REGION: '',
  S3_ENDPOINT: '',
  S3_ACCESS_KEY_ID: '',
  S3_SECRET_ACCESS_KEY: '',
};

async function startSchool(env: Env, onGivenUp: (message: string) => void): Promise<SupervisedChild> {
  say('starting a simulated school');
  const port = await findPort({
    wanted: simulatorPort,
    purpose: 'the simulated school',
    setting: '--port',
    fallback: true,
  });
  await mkdir(join(env.DATA_DIR, 'logs'), { recursive: true });
  return superviseChild({
    name: 'the simulated school',
    entry: cliEntry,
    args: ['simulator', '--port', String(port)],
    env: {},
    logFile: join(await realpath(env.DATA_DIR), 'logs', 'school.log'),
    onGivenUp,
  });
}

interface Demo {
  readonly school: SupervisedChild;
  readonly platform: Platform;
  stop(): Promise<void>;
}

async function startDemo(
  env: Env,
  host: 'web' | 'worker',
  onGivenUp: (message: string) => void,
): Promise<Demo> {
  const school = await startSchool(env, onGivenUp);
  try {
    const platform = await startPlatform({
      command: 'npm run demo',
      env,
      host,
      ports: host === 'web' ? { host: env.PORT, engine: env.ENGINE_PORT } : { host: 0, engine: 0 },
      portFallback: true,
      extraEnv: {
        ...noBucket,
        TEACHABLE_API_URL: school.url,
        ALLOWED_PRIVATE_HOSTS: allowPrivateHosts(env.ALLOWED_PRIVATE_HOSTS, privateHostsOf(school.url)),
      },
      logToFiles: true,
      onStep: say,
      onGivenUp,
    });
    Object.assign(process.env, platform.processEnv);
    return {
      school,
      platform,
      async stop() {
        await platform.stop();
        await school.stop();
      },
    };
  } catch (error) {
    await school.stop();
    throw error;
  }
}

const sampleImport = (demo: Demo, jsonFile: string | undefined, signal: AbortSignal) => ({
  apiUrl: demo.school.url,
  apiKey: simulatorKey,
  label: 'The simulated school',
  courseId: sampleCourseId,
  jsonFile,
  signal,
});

async function runHeadless(env: Env, jsonFile: string | undefined): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const demo = await startDemo(env, 'worker', (message) => {
    say(message);
    stop.abort();
  });
  try {
    stop.signal.throwIfAborted();
    const report = await runHeadlessImport(sampleImport(demo, jsonFile, stop.signal));
    const accounted = ['completed', 'partial'].includes(report.import.status) && ledgerAddsUp(report);
    return accounted ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (stop.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    await demo.stop();
  }
}

async function runWithPages(env: Env, jsonFile: string | undefined): Promise<void> {
  await buildPages(say);
  const stop = new AbortController();
  await untilStopped(async (stopNow) => {
    const demo = await startDemo(env, 'web', (message) => stopNow(new CommandFailure(message)));
    say(`watch the import at ${demo.platform.hostUrl}/imports (Ctrl-C stops everything)`);
    const imported = runHeadlessImport(sampleImport(demo, jsonFile, stop.signal)).then(
      () => say(`the course is at ${demo.platform.hostUrl}/courses; Ctrl-C stops everything`),
      (error) => {
        if (!stop.signal.aborted) stopNow(error);
      },
    );
    return {
      async stop() {
        say('stopping');
        stop.abort();
        await imported;
        await demo.stop();
      },
    };
  });
}
