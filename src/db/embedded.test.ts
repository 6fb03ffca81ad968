import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { query } from '../../tests/support/database.ts';
import { startOwnDatabaseServer } from '../../tests/support/embedded.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { chooseAccount } from './embedded/account.ts';
import { spawnGuarded } from './embedded/guarded-process.ts';
import { isAlive } from './embedded/server-process.ts';
import { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from './embedded.ts';

const isRoot = process.getuid?.() === 0;
const heldServer = z.object({ pid: z.number(), port: z.number(), url: z.string(), owned: z.boolean() });

async function start(dataDir: string, options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ dataDir, ...options });
  onTestFinished(() => server.stop());
  return server;
}

/** Another process that starts or finds the server. */
function spawnHolder(dataDir: string, account: { uid?: number; gid?: number } = {}): ChildProcess {
  const script = fileURLToPath(new URL('embedded.fixture.ts', import.meta.url));
  const holder = spawn(process.execPath, ['--import', 'tsx', script, '--data-dir', dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...account,
  });
  onTestFinished(async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    holder.stdin?.end();
    await once(holder, 'exit');
  });
  return holder;
}

async function readHeldServer(holder: ChildProcess): Promise<z.output<typeof heldServer>> {
  if (!holder.stdout) throw new Error('Cannot read from the holder: it has no stdout');
  for await (const line of createInterface({ input: holder.stdout }))
    return heldServer.parse(JSON.parse(line));
  throw new Error('Cannot read from the holder: it ended without a word');
}

describe('the embedded server', () => {
  it('is reachable on loopback by password only, and durable', async () => {
    const dataDir = await temporaryFolder();

    const server = await start(dataDir);

    expect(server.owned).toBe(true);
    expect(
      await query(
        server.url,
        `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'listen_addresses',
           'unix_socket_directories', 'password_encryption', 'full_page_writes') ORDER BY name`,
      ),
    ).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'password_encryption', setting: 'scram-sha-256' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const { mode } = await stat(join(dataDir, 'server', 'password'));
    expect(mode & 0o777).toBe(0o600);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps its data over a stop, and tells when it has ended', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    const exitCode = new Promise((resolve) => first.onExit(resolve));
    await query(first.url, 'CREATE TABLE notes AS SELECT 42 AS answer');

    await first.stop();
    const second = await start(dataDir);

    await expect(exitCode).resolves.toBe(0);
    expect(isAlive(first.pid)).toBe(false);
    expect(await query(second.url, 'SELECT * FROM notes')).toEqual([{ answer: 42 }]);
  });

  it('is found by a second process, which leaves it running', async () => {
    const dataDir = await temporaryFolder();
    const server = await start(dataDir);
    const holder = spawnHolder(dataDir);

    const found = await readHeldServer(holder);
    holder.stdin?.end();
    await once(holder, 'exit');

    expect(found).toEqual({ pid: server.pid, port: server.port, url: server.url, owned: false });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is one server with one owner when processes start at the same moment', async () => {
    const dataDir = await temporaryFolder();

    const servers = await Promise.all([1, 2, 3].map(() => readHeldServer(spawnHolder(dataDir))));

    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    expect(servers.filter(({ owned }) => owned)).toHaveLength(1);
    expect(await readdir(dataDir)).toEqual(['server']);
  });

  it('ends by itself when its owner is killed, and starts again with what was committed', async () => {
    const dataDir = await temporaryFolder();
    const holder = spawnHolder(dataDir);
    const held = await readHeldServer(holder);
    await query(held.url, 'CREATE TABLE notes AS SELECT 42 AS answer');

    holder.kill('SIGKILL');
    await waitFor(() => !isAlive(held.pid), { what: 'the end of the server' });

    const server = await start(dataDir);
    expect(await query(server.url, 'SELECT * FROM notes')).toEqual([{ answer: 42 }]);
  });

  it('starts at once after its owner was killed, while the old server still ends', async () => {
    const dataDir = await temporaryFolder();
    const holder = spawnHolder(dataDir);
    const held = await readHeldServer(holder);

    holder.kill('SIGKILL');
    const server = await start(dataDir);

    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await waitFor(() => server.pid === held.pid || !isAlive(held.pid), { what: 'the end of the old server' });
  });

  it('starts again after it was killed itself', async () => {
    const server = await startOwnDatabaseServer();
    await query(server.url, 'CREATE TABLE notes AS SELECT 42 AS answer');
    const pidBefore = server.pid;

    await server.kill9();
    await server.restart();

    expect(server.pid).not.toBe(pidBefore);
    expect(await query(server.url, 'SELECT * FROM notes')).toEqual([{ answer: 42 }]);
  });

  it('is not kept from starting by a process that was killed while it made the database', async () => {
    const dataDir = await temporaryFolder();
    const holder = spawnHolder(dataDir);
    await waitFor(async () => (await readdir(dataDir)).some((name) => name.startsWith('.unfinished-')), {
      what: 'the beginning of an initialisation',
    });
    holder.kill('SIGKILL');
    await once(holder, 'exit');

    const server = await start(dataDir);

    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readdir(dataDir)).toEqual(['server']);
  });

  it('is not kept from starting when the number in a stale pid file belongs to another program', async () => {
    const dataDir = await temporaryFolder();
    await (await start(dataDir)).stop();
    const clusterDir = join(dataDir, 'server', 'data');
    const pidFile = join(clusterDir, 'postmaster.pid');
    const account = await chooseAccount(clusterDir);
    const foreign = spawnGuarded('/bin/sh', ['-c', 'echo "$$"; exec sleep 60'], { cwd: '/', account });
    onTestFinished(async () => {
      foreign.interrupt();
      process.kill(Number(foreign.output()), 'SIGTERM');
      await foreign.exited;
    });
    const pid = await waitFor(() => foreign.output() || null, { what: 'the pid of the other program' });
    await writeFile(pidFile, `${pid}\n${clusterDir}\n1700000000\n1\n\n127.0.0.1\n  1234 5678\nready   \n`);
    if (account) await chown(pidFile, account.uid, account.gid);

    const server = await start(dataDir);

    expect(server.owned).toBe(true);
    expect(isAlive(Number(pid))).toBe(true);
  });

  it('takes another port when the one asked for is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const address = other.address();
    if (address === null || typeof address === 'string') throw new Error('Cannot listen: no port');

    const server = await start(await temporaryFolder(), { port: address.port });

    expect(server.port).not.toBe(address.port);
  });

  it('serves from a folder whose parents its user may not enter', async () => {
    const parent = await temporaryFolder();
    await chmod(parent, 0o700);

    const server = await start(join(parent, 'data', 'postgres'), { settings: { fsync: 'off' } });

    expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'off' }]);
  });

  it.runIf(isRoot)('is started by root for the user who owns the data, and by that user', async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const dataDir = await temporaryFolder();
    await chown(dataDir, nobody.uid, nobody.gid);

    const holder = spawnHolder(dataDir, nobody);
    const held = await readHeldServer(holder);
    await query(held.url, 'CREATE TABLE notes AS SELECT 42 AS answer');
    holder.stdin?.end();
    await once(holder, 'exit');
    const server = await start(dataDir);

    expect(held.owned).toBe(true);
    expect(await query(server.url, 'SELECT * FROM notes')).toEqual([{ answer: 42 }]);
    expect((await stat(join(dataDir, 'server', 'data'))).uid).toBe(nobody.uid);
    expect((await stat(`/proc/${server.pid}`)).uid).toBe(nobody.uid);
  });
});

describe('starting the embedded server says what to do', () => {
  it('when the data is of another version of PostgreSQL', async () => {
    const dataDir = await temporaryFolder();
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'server', 'data', 'PG_VERSION'), '17\n');

    await expect(startEmbeddedServer({ dataDir })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('is of PostgreSQL 17, this program brings PostgreSQL 18'),
    });
  });

  it('when the password file was replaced, and leaves no server behind', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    await first.stop();
    const passwordFile = join(dataDir, 'server', 'password');
    const password = await readFile(passwordFile, 'utf8');
    await writeFile(passwordFile, 'another\n');

    await expect(startEmbeddedServer({ dataDir })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('refuses the password'),
    });

    await writeFile(passwordFile, password);
    expect((await start(dataDir)).owned).toBe(true);
  });

  it('when the folder is a file', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');

    await expect(startEmbeddedServer({ dataDir: file })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(file),
    });
  });

  it('when the database is damaged', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'server'));

    await expect(startEmbeddedServer({ dataDir })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('damaged'),
    });
  });

  it('when a setting is wrong', async () => {
    await expect(
      start(await temporaryFolder(), { settings: { max_connections: 'many' } }),
    ).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('max_connections'),
    });
  });

  it.runIf(isRoot && process.platform === 'linux')('when the disk is full', async ({ skip }) => {
    const dataDir = join(await temporaryFolder(), 'small');
    await mkdir(dataDir);
    const mount = spawnGuarded('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dataDir], {
      cwd: dirname(dataDir),
      account: undefined,
    });
    if ((await mount.exited) !== 0) skip('this machine does not allow mounts');
    onTestFinished(async () => {
      await spawnGuarded('umount', [dataDir], { cwd: '/', account: undefined }).exited;
    });

    await expect(startEmbeddedServer({ dataDir })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('free some space'),
    });
    expect(await readdir(dataDir)).toEqual([]);
  });
});
