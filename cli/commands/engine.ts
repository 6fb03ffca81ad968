import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { startEngine } from '../../engine/main.ts';
import { loadSecrets } from '../../src/accounts/secrets.ts';
import { ensureDatabaseNamed } from '../../src/db/named-database.ts';
import { readEnv } from '../../src/env.ts';
import { createLogger } from '../../src/jobs/log.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { collect, parsePort, parseSeconds, parseUrl } from '../options.ts';
import { openDatabase } from '../supervisor/database.ts';
import { runService } from '../supervisor/in-child.ts';
import { findPort } from '../supervisor/ports.ts';

interface EngineCommandOptions {
  readonly port: number;
  readonly sdkUrl: readonly string[];
  readonly dev: boolean;
  readonly standby: boolean;
  readonly retryInterval?: number;
}

/** The embedded engine alone, for any Inngest app. */
export function addEngineCommand(program: Command): void {
  program.addCommand(
    new Command('engine')
      .description(
        "run the engine alone: it speaks Inngest's server protocol and keeps everything in PostgreSQL",
      )
      .option('--port <port>', 'port on 127.0.0.1; 0 finds a free one', parsePort, 8288)
      .requiredOption('--sdk-url <url>', "the app's serve endpoint (may be repeated)", collectUrl)
      .option('--dev', 'take unsigned apps and any event key', false)
      .option(
        '--standby',
        'wait while another engine works on DATABASE_URL, and take over when it is gone',
        false,
      )
      .option(
        '--retry-interval <seconds>',
        'wait so long before each retry, instead of backing off',
        parseSeconds,
      )
      .action(async (options: EngineCommandOptions) => {
        await runService(
          () => startEngineService(options),
          (url) => process.stderr.write(`courseport: the engine listens at ${url}\n`),
        );
      }),
  );
}

function collectUrl(value: string, previous?: readonly string[]): readonly string[] {
  return collect(parseUrl(value), previous);
}

/** Ends in order; a supervisor then starts the engine anew. */
function endFailed(): void {
  process.exitCode = exitCodes.failed;
  process.kill(process.pid, 'SIGTERM');
}

async function startEngineService(options: EngineCommandOptions) {
  const env = readEnv(process.env);
  await mkdir(env.DATA_DIR, { recursive: true });
  const dataDir = await realpath(env.DATA_DIR);
  const secrets = await loadSecrets(dataDir, env);
  if (options.standby && env.DATABASE_URL === undefined) {
    throw new CommandFailure(
      'Cannot stand by: the database in the data directory ends with the engine that started it, set DATABASE_URL to one that both use',
    );
  }
  // Who stands by may want the port of the engine that it will replace.
  const port = options.standby
    ? options.port
    : await findPort({ wanted: options.port, purpose: 'the engine', setting: '--port', fallback: false });

  const logger = createLogger({ name: 'engine', level: env.LOG_LEVEL });
  const database = await openDatabase(env, dataDir, (message) => {
    logger.fatal(message);
    endFailed();
  });
  try {
    // Beside a platform in the same data directory, not inside its database: these are other people's jobs.
    const databaseUrl = env.DATABASE_URL ?? (await ensureDatabaseNamed(database.url, 'engine'));
    const engine = await startEngine({
      databaseUrl,
      port,
      sdkUrls: options.sdkUrl,
      eventKeys: [secrets.eventKey],
      dev: options.dev,
      standby: options.standby,
      logger,
      onFatal: endFailed,
      ...(options.dev ? {} : { signingKey: secrets.signingKey, dashboardToken: secrets.dashboardToken }),
      ...(options.retryInterval === undefined ? {} : { retryIntervalMs: options.retryInterval * 1000 }),
    });
    if (!options.dev && process.send === undefined) {
      process.stderr.write(
        `courseport: apps need INNGEST_BASE_URL=${engine.url} and the keys in ${join(dataDir, 'secrets.json')}\n`,
      );
    }
    return {
      url: engine.url,
      async stop() {
        await engine.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}
