import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, chooseAccount } from './account.ts';
import { type Binaries, findBinaryPackage, prepareBinaries } from './binaries.ts';
import { embeddedServerError, explainFailure } from './error.ts';
import { spawnGuarded } from './guarded-process.ts';
import { isAlive } from './server-process.ts';

const run = promisify(execFile);

/** The superuser of the cluster; the only way in is its password, over TCP on loopback. */
export const superuser = 'courseport';

const unfinishedPrefix = '.unfinished-';

/** An initialised PostgreSQL data directory with all that is needed to serve it. */
export interface Cluster {
  /** PostgreSQL's own data directory, `<dataDir>/server/data`. */
  readonly dir: string;
  readonly password: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
}

/**
 * Opens the cluster in `dataDir`, made first if there is none. It is made under another name, on disk to the last byte,
 * and then renamed: a cluster that is there is whole, and of two processes that make it at once one wins.
 *
 * @param sync false leaves out flushing to disk, for throw-away data
 * @throws {AppError} `CONFIGURATION_INVALID`, `DISK_FULL` or `DATABASE_UNAVAILABLE`, with what to do
 */
export async function openCluster(dataDir: string, sync: boolean): Promise<Cluster> {
  const serverDir = join(dataDir, 'server');
  const dir = join(serverDir, 'data');
  try {
    await mkdir(dataDir, { recursive: true });
    const account = await chooseAccount(dir);
    const cacheDir = account ? '/var/cache/courseport' : dataDir;
    const binaries = await prepareBinaries(await findBinaryPackage(), { account, cacheDir });

    if (!(await exists(serverDir))) await createCluster(dataDir, serverDir, { account, binaries, sync });
    await checkVersion(dir, binaries.majorVersion);
    if (account && (await stat(dir)).uid === 0) {
      await run('chown', ['-R', `${account.uid}:${account.gid}`, dir]); // the folder was copied or restored by root
    }
    const password = (await readFile(join(serverDir, 'password'), 'utf8')).trim();
    return { dir, password, account, binaries };
  } catch (error) {
    throw explainFileError(error, dataDir);
  }
}

/**
 * How to name the cluster's directory to a program that runs in it. Below a folder that the account may not enter (a
 * clone under root's home) no path works, but on Linux the working directory does: it is inherited, not looked up.
 */
export async function nameForAccount(dir: string, account: Account | undefined): Promise<string> {
  if (!account || process.platform !== 'linux') return dir;
  const entered = await run('/bin/sh', ['-c', 'cd "$0"', dir], { cwd: '/', ...account }).then(
    () => true,
    () => false,
  );
  return entered ? dir : '/proc/self/cwd';
}

interface CreateOptions {
  readonly account: Account | undefined;
  readonly binaries: Binaries;
  readonly sync: boolean;
}

async function createCluster(dataDir: string, serverDir: string, options: CreateOptions): Promise<void> {
  const { account, binaries, sync } = options;
  await removeUnfinished(dataDir);
  const unfinishedDir = await mkdtemp(join(dataDir, `${unfinishedPrefix}${process.pid}-`));
  try {
    const dir = join(unfinishedDir, 'data');
    await mkdir(dir, { mode: 0o700 });
    const passwordFile = join(unfinishedDir, 'password');
    await writeFile(passwordFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: sync });
    if (account) {
      for (const path of [unfinishedDir, dir, passwordFile]) await chown(path, account.uid, account.gid);
    }
    const initdb = spawnGuarded(
      binaries.initdb,
      [
        `--pgdata=${await nameForAccount(dir, account)}`,
        `--username=${superuser}`,
        '--pwfile=../password',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The same order of texts on every machine, whatever its C library and version.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...(sync ? [] : ['--no-sync']),
      ],
      { cwd: dir, account },
    );
    if ((await initdb.exited) !== 0) {
      throw explainFailure(`create a database in ${dataDir}`, initdb.output());
    }
    if (sync) await syncDirectory(unfinishedDir);
    await rename(unfinishedDir, serverDir).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error; // else another process made it first
    });
    if (sync) await syncDirectory(dataDir);
  } finally {
    await rm(unfinishedDir, { recursive: true, force: true });
  }
}

/** What a killed process left behind. What a live one is making stays. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    const pid = Number.parseInt(name.slice(unfinishedPrefix.length), 10);
    if (!isAlive(pid)) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function checkVersion(dir: string, majorVersion: number): Promise<void> {
  const found = (await readFile(join(dir, 'PG_VERSION'), 'utf8')).trim();
  if (found === String(majorVersion)) return;
  throw embeddedServerError(
    'CONFIGURATION_INVALID',
    `Cannot open the database in ${dir}: its data is of PostgreSQL ${found}, this program brings PostgreSQL ${majorVersion}; move the data with pg_dump and pg_restore, or set DATA_DIR to another folder`,
  );
}

function explainFileError(error: unknown, dataDir: string): unknown {
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
    return embeddedServerError(
      'DISK_FULL',
      `Cannot open the database in ${dataDir}: the disk is full, free some space and start again`,
      error,
    );
  }
  if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) {
    return embeddedServerError(
      'CONFIGURATION_INVALID',
      `Cannot open the database in ${dataDir}: access is refused; start as the user who owns this folder, or set DATA_DIR to another one`,
      error,
    );
  }
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EEXIST')) {
    return embeddedServerError(
      'CONFIGURATION_INVALID',
      `Cannot open the database in ${dataDir}: the folder holds something else or a damaged database (${error.message}); restore it, or set DATA_DIR to another folder`,
      error,
    );
  }
  return error;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
