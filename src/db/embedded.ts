import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Cluster, nameForAccount, openCluster, superuser } from './embedded/cluster.ts';
import { embeddedServerError, explainFailure } from './embedded/error.ts';
import { type GuardedProcess, spawnGuarded } from './embedded/guarded-process.ts';
import { findServerProcess } from './embedded/server-process.ts';

const databaseName = 'courseport';

/** Long, for recovery after a crash replays what the last checkpoint does not hold. */
const startTimeoutMs = 300_000;
/** How long the remains of a killed server (its children, its shared memory) may stand in the way. */
const takeoverTimeoutMs = 60_000;
const pollMs = 100;

/** A PostgreSQL server on this machine, reachable at 127.0.0.1 only. */
export interface EmbeddedServer {
  /** `postgres://…` of the platform's database, with the password: never log it. */
  readonly url: string;
  readonly port: number;
  /** True when this process started the server; it then ends with this process, at the latest. */
  readonly owned: boolean;
  /** The postmaster. */
  readonly pid: number;
  /** Ends an owned server after its clients' transactions are rolled back; leaves another process's server alone. */
  stop(): Promise<void>;
  /** Calls back once when an owned server has ended, asked to or not, with its exit code (128 + n: by signal n). */
  onExit(listener: (exitCode: number) => void): void;
}

export interface EmbeddedServerOptions {
  /** The folder for the data, made if missing; nothing else should live in it. */
  readonly dataDir: string;
  /** Hears what PostgreSQL logs. */
  readonly logger?: Logger;
  /** PostgreSQL settings on top of ours, for a server that is started here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port to use if it is free, as it is after a crash; another is chosen otherwise. */
  readonly port?: number;
}

/**
 * Starts PostgreSQL on the data in `dataDir`, or finds the server that another process has started there. A server that
 * is starting or stopping is waited for. Which of two processes becomes the owner is decided by PostgreSQL's own
 * interlock, so there is no lock of ours that a crash could leave.
 *
 * @throws {AppError} `CONFIGURATION_INVALID`, `DISK_FULL` or `DATABASE_UNAVAILABLE`, with what to do
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  const cluster = await openCluster(dataDir, options.settings?.fsync !== 'off');
  const deadlineMs = Date.now() + takeoverTimeoutMs;

  let preferredPort = options.port;
  for (;;) {
    const found = await attachToServer(cluster);
    if (found) return found;

    const port = preferredPort ?? (await getPort({ host: '127.0.0.1' }));
    const launch = await launchServer(cluster, port, options);
    if (launch.ready) {
      return ownServer(launch.process, cluster, port);
    }
    const output = launch.process.output();
    if (!isPassing(output) || Date.now() > deadlineMs) {
      throw explainFailure(`start PostgreSQL in ${dataDir}`, output);
    }
    if (portTaken.test(output)) preferredPort = undefined;
    await delay(pollMs);
  }
}

const portTaken = /Address already in use/;

/** Failures that end by themselves: lost a race for the data or the port, or a killed server's children still end. */
function isPassing(output: string): boolean {
  return (
    portTaken.test(output) || /lock file ".*" already exists|pre-existing shared memory block/.test(output)
  );
}

async function attachToServer(cluster: Cluster): Promise<EmbeddedServer | null> {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs) {
    const server = await findServerProcess(cluster.dir);
    if (!server) return null;
    if (server.port !== 0 && (await ensureDatabase(cluster, server.port))) {
      return {
        ...server,
        url: databaseUrl(cluster, server.port),
        owned: false,
        stop: async () => {},
        onExit: () => {},
      };
    }
    await delay(pollMs);
  }
  throw embeddedServerError(
    'DATABASE_UNAVAILABLE',
    `Cannot use the PostgreSQL server in ${cluster.dir}: it does not accept connections; stop it and start again`,
  );
}

/** Resolves when the server accepts connections, or has ended without having done so. */
async function launchServer(
  cluster: Cluster,
  port: number,
  options: EmbeddedServerOptions,
): Promise<{ ready: boolean; process: GuardedProcess }> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    log_line_prefix: '',
    // Statements that fail are their clients' business, and their details may hold what must not be logged.
    log_min_messages: 'log',
    ...options.settings,
  };
  const name = await nameForAccount(cluster.dir, cluster.account);
  const parameters = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);

  let becomeReady: () => void;
  const becameReady = new Promise<boolean>((resolve) => {
    becomeReady = () => resolve(true);
  });
  const server = spawnGuarded(cluster.binaries.postgres, ['-D', name, ...parameters], {
    cwd: cluster.dir,
    account: cluster.account,
    onLine: (line) => {
      logLine(options.logger, line);
      if (line.includes('database system is ready to accept connections')) becomeReady();
    },
  });
  const timeOut = setTimeout(() => server.interrupt(), startTimeoutMs);
  const ready = await Promise.race([becameReady, server.exited.then(() => false)]);
  clearTimeout(timeOut);
  return { ready, process: server };
}

async function ownServer(server: GuardedProcess, cluster: Cluster, port: number): Promise<EmbeddedServer> {
  const stop = async () => {
    server.interrupt();
    await server.exited;
  };
  try {
    const found = await findServerProcess(cluster.dir);
    if (!found || !(await ensureDatabase(cluster, port))) {
      throw explainFailure(`start PostgreSQL in ${cluster.dir}`, server.output());
    }
    return {
      pid: found.pid,
      port,
      url: databaseUrl(cluster, port),
      owned: true,
      stop,
      onExit: (listener) => void server.exited.then(listener),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Makes the platform's database if it is missing. False when no server answers there, or not yet, or not any more.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when the server refuses the password
 */
async function ensureDatabase(cluster: Cluster, port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl(cluster, port, 'postgres') });
  client.on('error', () => {}); // a lost connection shows in the query
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === '42P04' || code === '23505') return true; // another process made it at the same moment
    if (code === '28P01') {
      throw embeddedServerError(
        'CONFIGURATION_INVALID',
        `Cannot use the PostgreSQL server in ${cluster.dir}: it refuses the password of the file beside this folder; restore that file`,
      );
    }
    if (code.startsWith('57P') || code.startsWith('E')) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

function databaseUrl(cluster: Cluster, port: number, database = databaseName): string {
  return `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/${database}`;
}

function logLine(logger: Logger | undefined, line: string): void {
  if (/^PANIC:/.test(line)) logger?.error(line);
  else if (/^(FATAL|WARNING):/.test(line)) logger?.warn(line);
  else logger?.debug(line);
}
