import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSecrets } from '../../src/accounts/secrets.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { Env } from '../../src/env.ts';
import { CommandFailure } from '../failure.ts';
import { cliEntry, superviseChild } from './child.ts';
import { openDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';
import { type RunningPlatform, takeInstanceLock } from './instance-lock.ts';
import { findPort } from './ports.ts';
import { syncJobs } from './sync-jobs.ts';

export interface PlatformOptions {
  /** The command that was typed, for others who find the data directory in use. */
  readonly command: string;
  readonly env: Env;
  /** What serves the jobs: the web pages' server, built or with reload, or the plain worker. */
  readonly host: 'web' | 'web-dev' | 'worker';
  readonly ports: { readonly host: number; readonly engine: number };
  /** Take other ports than these when they are taken. */
  readonly portFallback: boolean;
  /** Settings on top, such as the address of a simulated school. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** Send the processes' logs to files under the data directory instead of this terminal. */
  readonly logToFiles: boolean;
  /** Told what is being done, for the terminal. */
  readonly onStep?: (step: string) => void;
  /** Told when a part died and could not be brought back. */
  readonly onGivenUp: (message: string) => void;
}

export interface Platform {
  /** Address of the pages, or of the worker. */
  readonly hostUrl: string;
  /** Null when the engine is somebody else's. */
  readonly engineUrl: string | null;
  /** What a process needs in its environment to work with this platform. Holds secrets. */
  readonly processEnv: Readonly<Record<string, string>>;
  readonly pids: Readonly<Record<string, number | undefined>>;
  stop(): Promise<void>;
}

/** True when the jobs run on Inngest Cloud or on a self-hosted Inngest instead of the embedded engine. */
function usesOtherEngine(env: Env): boolean {
  const hasCloudKeys = env.INNGEST_EVENT_KEY !== undefined && env.INNGEST_SIGNING_KEY !== undefined;
  return env.INNGEST_BASE_URL !== undefined || hasCloudKeys;
}

/** The line for somebody who starts a second platform in the same data directory. */
export function alreadyRunning(command: string, dataDir: string, holder: RunningPlatform): CommandFailure {
  const where = holder.webUrl === null ? '' : ` at ${holder.webUrl}`;
  return new CommandFailure(
    `Cannot run "${command}" in ${dataDir}: "${holder.command}" runs there already (process ${holder.pid}${where}); stop it first, or set DATA_DIR to another folder`,
  );
}

/**
 * Brings the platform up on this machine, in order: the data directory's lock, PostgreSQL, migrations, engine, the host of
 * the jobs. What has been started is stopped again, in reverse order, when a later part fails.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { env } = options;
  const step = options.onStep ?? (() => undefined);
  const dataDir = await openDataDir(env);
  const logFolder = join(dataDir, 'logs');
  if (options.logToFiles) await mkdir(logFolder, { recursive: true });
  const logFile = (name: string) => (options.logToFiles ? join(logFolder, `${name}.log`) : null);

  const taken = await takeInstanceLock(dataDir, options.command);
  if ('holder' in taken) throw alreadyRunning(options.command, dataDir, taken.holder);

  const running: Array<() => Promise<void>> = [() => taken.lock.release()];
  const stop = async () => {
    for (let part = running.pop(); part !== undefined; part = running.pop()) await part();
  };

  try {
    const secrets = await loadSecrets(dataDir, env);
    const otherEngine = usesOtherEngine(env);
    const hostPort = await findPort({
      wanted: options.ports.host,
      purpose: options.host === 'worker' ? 'the worker' : 'the web pages',
      setting: 'PORT',
      fallback: options.portFallback,
    });
    const enginePort = otherEngine
      ? 0
      : await findPort({
          wanted: options.ports.engine,
          purpose: 'the engine',
          setting: 'ENGINE_PORT',
          fallback: options.portFallback,
        });

    step('Starting PostgreSQL');
    const database = await openDatabase(env, dataDir, options.onGivenUp);
    running.push(() => database.stop());

    step('Bringing the database up to date');
    await migrate(database.url);

    const processEnv: Record<string, string> = {
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      INNGEST_EVENT_KEY: secrets.eventKey,
      INNGEST_SIGNING_KEY: secrets.signingKey,
      ENCRYPTION_KEY: secrets.encryptionKey,
      ENGINE_DASHBOARD_TOKEN: secrets.dashboardToken,
      ...options.extraEnv,
    };
    const hostOrigin = `http://127.0.0.1:${hostPort}`;

    let engineUrl: string | null = null;
    let enginePid = (): number | undefined => undefined;
    if (!otherEngine) {
      step('Starting the engine');
      const engine = await superviseChild({
        name: 'the engine',
        entry: cliEntry,
        args: ['engine', '--port', String(enginePort), '--sdk-url', `${hostOrigin}/api/inngest`],
        env: processEnv,
        logFile: logFile('engine'),
        onGivenUp: options.onGivenUp,
      });
      running.push(() => engine.stop());
      engineUrl = engine.url;
      enginePid = () => engine.pid;
      processEnv.INNGEST_BASE_URL = engine.url;
      processEnv.ENGINE_PAGES_URL = engine.url;
    }

    step(options.host === 'worker' ? 'Starting the worker' : 'Starting the web pages');
    const host = await superviseChild({
      name: options.host === 'worker' ? 'the worker' : 'the web pages',
      entry: cliEntry,
      args: [
        options.host === 'worker' ? 'worker' : 'web',
        '--port',
        String(hostPort),
        ...(options.host === 'web-dev' ? ['--reload'] : []),
      ],
      env: { ...processEnv, NODE_ENV: options.host === 'web-dev' ? 'development' : 'production' },
      logFile: logFile(options.host === 'worker' ? 'worker' : 'web'),
      onGivenUp: options.onGivenUp,
    });
    running.push(() => host.stop());

    step('Registering the jobs');
    await syncJobs(`${hostOrigin}/api/inngest`, secrets.signingKey);

    taken.lock.describe({
      command: options.command,
      webUrl: options.host === 'worker' ? null : hostOrigin,
      engineUrl,
    });
    return {
      hostUrl: hostOrigin,
      engineUrl,
      processEnv,
      get pids() {
        return { engine: enginePid(), host: host.pid };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
