import type { Command } from 'commander';
import { startEngine } from '../../engine/main.ts';
import { keepHeapSmall } from '../../engine/small-heap.ts';
import { loadSecrets } from '../../src/accounts/secrets.ts';
import { ensureDatabaseNamed } from '../../src/db/named-database.ts';
import { readEnv } from '../../src/env.ts';
import { createLogger } from '../../src/jobs/log.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { openDataDir } from '../supervisor/data-dir.ts';
import { openDatabase } from '../supervisor/database.ts';
import { runService } from '../supervisor/in-child.ts';
import { findPort } from '../supervisor/ports.ts';
import { explainStart } from './engine-failure.ts';
import { type EngineCommandOptions, engineCommand, limitsFrom } from './engine-options.ts';
import { engineWelcome } from './engine-welcome.ts';

/** The embedded engine alone, for any Inngest app. */
export function addEngineCommand(program: Command): void {
  program.addCommand(
    engineCommand().action(async (options: EngineCommandOptions) => {
      let welcome = '';
      await runService(
        async () => {
          const service = await startEngineService(options);
          // A platform that has started the engine gives its parts what they need.
          if (process.send === undefined) welcome = service.welcome;
          return service;
        },
        (url) => process.stderr.write(`courseport: the engine listens at ${url}\n${welcome}`),
      );
    }),
  );
}

/** Ends in order; a supervisor then starts the engine anew. */
function endFailed(): void {
  process.exitCode = exitCodes.failed;
  process.kill(process.pid, 'SIGTERM');
}

async function startEngineService(options: EngineCommandOptions) {
  keepHeapSmall();
  const env = readEnv(process.env);
  const dataDir = await openDataDir(env);
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

  const logger = createLogger({ name: 'engine', level: options.logLevel ?? env.LOG_LEVEL });
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
      sdkUrls: options.sdkUrl ?? [],
      eventKeys: [secrets.eventKey],
      dev: options.dev,
      standby: options.standby,
      logger,
      onFatal: endFailed,
      ...(options.dev ? {} : { signingKey: secrets.signingKey, dashboardToken: secrets.dashboardToken }),
      ...limitsFrom(options),
    });
    return {
      url: engine.url,
      welcome: engineWelcome(engine.url, options, env, dataDir),
      async stop() {
        await engine.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw explainStart(error, env, dataDir);
  }
}
