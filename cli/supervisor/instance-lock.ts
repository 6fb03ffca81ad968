import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a running platform tells other commands that are started in the same data directory. */
export interface RunningPlatform {
  readonly pid: number;
  readonly command: string;
  /** False while it starts: the addresses are not known yet. */
  readonly ready: boolean;
  /** Address of the web pages; null when only jobs are served. */
  readonly webUrl: string | null;
  readonly engineUrl: string | null;
}

export interface InstanceLock {
  /** Tells others that the platform is ready, and where. */
  describe(platform: Omit<RunningPlatform, 'pid' | 'ready'>): void;
  release(): Promise<void>;
}

/** Unix sockets allow about a hundred characters; deep data directories get a short name in the temporary folder. */
const maxSocketPathLength = 100;

async function socketPath(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const real = await realpath(dataDir);
  const inside = join(real, 'platform.sock');
  if (inside.length <= maxSocketPathLength) return inside;
  return join(tmpdir(), `courseport-${createHash('sha256').update(real).digest('hex').slice(0, 24)}.sock`);
}

/** Who runs in this data directory, or null. A socket that nobody answers is what a crash left. */
export async function findRunningPlatform(dataDir: string): Promise<RunningPlatform | null> {
  const path = await socketPath(dataDir);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => {
      try {
        resolve(JSON.parse(text) as RunningPlatform);
      } catch {
        resolve(null);
      }
    });
    socket.on('error', () => resolve(null));
  });
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(path, () => resolve(true));
  });
}

/**
 * Takes the data directory for this process, or returns who has it.
 *
 * The lock is a listening socket: it disappears with its process, however that ends, so a crash never blocks the next start.
 */
export async function takeInstanceLock(
  dataDir: string,
  command: string,
): Promise<{ readonly lock: InstanceLock } | { readonly holder: RunningPlatform }> {
  const path = await socketPath(dataDir);
  let told: RunningPlatform = { pid: process.pid, command, ready: false, webUrl: null, engineUrl: null };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(told));
  });
  server.unref();

  for (;;) {
    if (await listen(server, path)) break;
    const holder = await findRunningPlatform(dataDir);
    if (holder !== null) return { holder };
    await rm(path, { force: true });
  }
  await chmod(path, 0o600);

  return {
    lock: {
      describe(platform) {
        told = { pid: process.pid, ready: true, ...platform };
      },
      release: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
        }),
    },
  };
}
