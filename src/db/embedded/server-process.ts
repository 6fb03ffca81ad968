import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The postmaster that serves a cluster, as its `postmaster.pid` tells. */
export interface ServerProcess {
  readonly pid: number;
  /** 0 while it is not known yet. */
  readonly port: number;
}

/**
 * Finds the live server of a cluster. A `postmaster.pid` that a crash left behind is no server; PostgreSQL itself
 * overwrites it unless its number now belongs to some other program, so in that case it is removed here. (Of two
 * processes that do so at once only one can start a server: the other meets the shared memory of the first.)
 */
export async function findServerProcess(clusterDir: string): Promise<ServerProcess | null> {
  const server = await readPidFile(clusterDir);
  if (!server || !isAlive(server.pid)) return null;
  if (await serves(server.pid, clusterDir)) return server;

  await rm(join(clusterDir, 'postmaster.pid'), { force: true });
  return null;
}

/** Its lines are described in PostgreSQL's `src/include/utils/pidfile.h`: 1 is the pid, 4 is the port. */
async function readPidFile(clusterDir: string): Promise<ServerProcess | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return pid > 0 ? { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0 } : null;
}

/** A postmaster works in its data directory; elsewhere than on Linux its command line has to tell. */
async function serves(pid: number, clusterDir: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const workingDir = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return workingDir === (await realpath(clusterDir));
  }
  const { stdout } = await run('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({ stdout: '' }));
  return stdout.includes(clusterDir);
}

/** Is there a process with this number? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
