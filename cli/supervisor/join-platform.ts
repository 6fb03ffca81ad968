import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSecrets } from '../../src/accounts/secrets.ts';
import type { Env } from '../../src/env.ts';
import { openDatabase } from './database.ts';
import { findRunningPlatform, type RunningPlatform } from './instance-lock.ts';
import { startPlatform } from './platform.ts';

export interface JoinedPlatform {
  readonly processEnv: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const readyPollMs = 200;

/**
 * The platform for a command that needs jobs done: the one that runs in the data directory already, or else one without web
 * pages for as long as the command takes.
 */
export async function joinPlatform(options: {
  readonly command: string;
  readonly env: Env;
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly onStep: (step: string) => void;
  readonly onGivenUp: (message: string) => void;
}): Promise<JoinedPlatform> {
  const { env } = options;
  const running = await findReadyPlatform(env.DATA_DIR, options.onStep);
  if (running === null) {
    return startPlatform({
      ...options,
      host: 'worker',
      // Nobody has to find them: any free port will do.
      ports: { host: 0, engine: 0 },
      portFallback: true,
      logToFiles: true,
    });
  }

  options.onStep(`"${running.command}" runs here (process ${running.pid}), it does the work`);
  const dataDir = await realpath(env.DATA_DIR);
  const secrets = await loadSecrets(dataDir, env);
  const database = await openDatabase(env, dataDir, options.onGivenUp);
  return {
    processEnv: {
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      INNGEST_EVENT_KEY: secrets.eventKey,
      INNGEST_SIGNING_KEY: secrets.signingKey,
      ENCRYPTION_KEY: secrets.encryptionKey,
      ...(running.engineUrl === null ? {} : { INNGEST_BASE_URL: running.engineUrl }),
      ...options.extraEnv,
    },
    stop: () => database.stop(),
  };
}

/**
 * The platform that runs in the data directory, once it is ready. Before that it cannot say where its engine is, and events
 * that are sent without knowing would go to Inngest Cloud.
 */
async function findReadyPlatform(
  dataDir: string,
  onStep: (step: string) => void,
): Promise<RunningPlatform | null> {
  for (let isTold = false; ; isTold = true) {
    const running = await findRunningPlatform(dataDir);
    if (running === null || running.ready) return running;
    if (!isTold) onStep(`waiting for "${running.command}" (process ${running.pid}), which is starting here`);
    await delay(readyPollMs);
  }
}

/** The database alone, for a command that needs no job done. */
export async function joinDatabase(env: Env): Promise<JoinedPlatform> {
  await mkdir(env.DATA_DIR, { recursive: true });
  const dataDir = await realpath(env.DATA_DIR);
  const secrets = await loadSecrets(dataDir, env);
  const database = await openDatabase(env, dataDir, () => undefined);
  return {
    processEnv: { DATA_DIR: dataDir, DATABASE_URL: database.url, ENCRYPTION_KEY: secrets.encryptionKey },
    stop: () => database.stop(),
  };
}
