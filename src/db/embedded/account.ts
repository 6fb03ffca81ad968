import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { embeddedServerError } from './error.ts';

const run = promisify(execFile);

/** A user of the operating system, by its numbers. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom the server runs as. PostgreSQL refuses to run as root, so root hands it to the owner of the existing data, else
 * to the user `postgres` (made when missing), else to `nobody`. Anybody else runs it as themselves: `undefined`.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when root finds none of these
 */
export async function chooseAccount(clusterDir: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;

  const account =
    (await findOwner(clusterDir)) ??
    (await findAccount('postgres')) ??
    (await createAccount('postgres')) ??
    (await findAccount('nobody'));
  if (account) return account;

  throw embeddedServerError(
    'CONFIGURATION_INVALID',
    'Cannot start PostgreSQL as root: no user "postgres" or "nobody" exists, create one or start as another user',
  );
}

async function findOwner(clusterDir: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(clusterDir).catch(() => ({ uid: 0, gid: 0 }));
  return uid === 0 ? undefined : { uid, gid };
}

async function findAccount(name: string): Promise<Account | undefined> {
  try {
    const [user, group] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(user.stdout), gid: Number(group.stdout) };
  } catch {
    return undefined;
  }
}

/** Minimal systems lack `useradd` or a writable user list; then there is no such account. */
async function createAccount(name: string): Promise<Account | undefined> {
  await run('useradd', ['--system', '--user-group', '--no-create-home', name]).catch(() => undefined);
  return findAccount(name);
}
