import { type Logger, pino } from 'pino';
import { checkRanges } from './option-ranges.ts';
import { type Engine, type EngineOptions, serverKindOf } from './options.ts';
import { connectParts, startParts, stopParts } from './parts.ts';
import { RealtimeSockets } from './realtime/web-socket.ts';
import { untilPortIsFree } from './server/free-port.ts';
import { listen } from './server/listener.ts';
import { createRoutes } from './server/routes.ts';
import { Database } from './store/database.ts';
import { loggedError } from './store/logged-error.ts';

export type { Engine, EngineOptions } from './options.ts';
export { DatabaseNotOpened } from './store/connection.ts';
export { LockTaken } from './store/engine-lock.ts';

const connectionGraceMs = 500;
const portPatienceMs = 10_000;

/**
 * Starts an engine for Inngest functions: it stores events, schedules runs and calls apps.
 *
 * @throws {Error} when options are missing or out of range, the database cannot be used, another engine works on it, or the port is taken
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  checkOptions(options);
  const logger = (options.logger ?? pino({ level: 'silent' })).child(
    {},
    { serializers: { err: loggedError } },
  );
  const database = await Database.open(options.databaseUrl, logger, {
    standby: options.standby ?? false,
    ...(options.databaseTimeoutMs === undefined ? {} : { timeoutMs: options.databaseTimeoutMs }),
  });
  try {
    return await run(options, database, logger);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function run(options: EngineOptions, database: Database, logger: Logger): Promise<Engine> {
  const parts = await connectParts(options, database, logger);
  let isStopping = false;
  parts.writer.onFatal((error) => {
    parts.scheduler.stop();
    parts.executor.stop();
    if (!isStopping) options.onFatal?.(error);
  });

  const host = options.host ?? '127.0.0.1';
  if (options.standby) await untilPortIsFree(options.port, host, portPatienceMs);
  const listener = await listen(createRoutes(options, parts), options.port, host);
  const sockets = new RealtimeSockets({ hub: parts.hub, tokens: parts.tokens, dev: options.dev });
  listener.onUpgrade((request, socket, head) => sockets.upgrade(request, socket, head));
  startParts(parts);
  logger.info({ port: listener.port, serverKind: serverKindOf(options) }, 'Engine is listening');

  return {
    port: listener.port,
    url: `http://127.0.0.1:${listener.port}`,
    stop: once(async () => {
      isStopping = true;
      logger.info('Engine is stopping');
      await stopParts(parts);
      parts.hub.close();
      sockets.close();
      await listener.close(connectionGraceMs);
      await Promise.race([parts.writer.drain(), pause(connectionGraceMs)]);
      await database.close();
      logger.info('Engine has stopped');
    }),
  };
}

function checkOptions(options: EngineOptions): void {
  checkRanges(options);
  if (options.dev) return;
  if (!options.signingKey)
    throw new Error('Cannot start engine: no signing key is given, set one or use dev mode');
  if (options.eventKeys.length === 0)
    throw new Error('Cannot start engine: no event key is given, set one or use dev mode');
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
