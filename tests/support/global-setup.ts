import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { isAlive } from '../../src/db/embedded/server-process.ts';
import { startEmbeddedServer } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's address on the run's PostgreSQL server. */
    databaseAdminUrl: string;
    /** All that the run leaves on the disk goes here; it is removed at its end, or by the next run if it was killed. */
    runFolder: string;
  }
}

const folderPrefix = 'courseport-test-run-';

/**
 * One PostgreSQL server for the whole run, with the databases that tests copy theirs from. Its durability is off: its data
 * is thrown away at the end, and a crash of the machine in the middle of a test run loses nothing. Tests that are about
 * durability start their own (`startOwnDatabaseServer`).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedFolders();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  await chmod(folder, 0o755); // tests may start programs as another user
  const server = await startEmbeddedServer({
    dataDir: join(folder, 'database'),
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      // Its workers would keep templates busy just when they are copied.
      autovacuum: 'off',
      max_connections: '300',
    },
  });
  await createTemplates(server.url);
  project.provide('databaseAdminUrl', server.url);
  project.provide('runFolder', folder);

  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function createTemplates(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query('CREATE DATABASE template_empty');
    await client.query('CREATE DATABASE template_platform');
  } finally {
    await client.end();
  }
  const platformUrl = new URL(adminUrl);
  platformUrl.pathname = '/template_platform';
  await migrate(platformUrl.href);
}

/** When a run is killed, its server ends by itself, but nobody is left to remove its folder. */
async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(folderPrefix)) continue;
    const pid = Number.parseInt(name.slice(folderPrefix.length), 10);
    if (isAlive(pid)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {}); // it may be another user's
  }
}
