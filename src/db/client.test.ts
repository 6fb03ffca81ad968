import { sql } from 'drizzle-orm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { startOwnDatabaseServer } from '../../tests/support/embedded.ts';
import { type Connection, connect, withDatabaseRetry } from './client.ts';
import { isConnectionLost } from './errors.ts';

function open(url: string, poolSize = 2): Connection {
  const connection = connect(url, { poolSize });
  onTestFinished(connection.close);
  return connection;
}

async function readBackend({ db }: Connection): Promise<unknown> {
  const { rows } = await db.execute(sql`SELECT pg_backend_pid() AS pid`);
  return rows[0]?.pid;
}

describe('a connection', () => {
  it('survives that the server ends it while idle', async () => {
    const { url } = await createTestDatabase('empty');
    const [connection, other] = [open(url, 1), open(url, 1)];
    const before = await readBackend(connection);
    const lost = new Promise((resolve) => connection.pool.once('remove', resolve));

    await other.db.execute(sql`SELECT pg_terminate_backend(${before})`);
    await lost;

    expect(await readBackend(connection)).not.toBe(before);
  });

  it('survives that the server ends it in the middle of a transaction', async () => {
    const { url } = await createTestDatabase('empty');
    const [connection, other] = [open(url, 1), open(url, 1)];

    const transaction = connection.db.transaction(async (tx) => {
      const { rows } = await tx.execute(sql`SELECT pg_backend_pid() AS pid`);
      await other.db.execute(sql`SELECT pg_terminate_backend(${rows[0]?.pid})`);
      await tx.execute(sql`SELECT 1`);
    });

    const error = await transaction.catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
    expect(await readBackend(connection)).toBeTypeOf('number');
  });

  it('comes back after the server was killed, for work that is retried', async () => {
    const server = await startOwnDatabaseServer();
    const connection = open(server.url);
    await connection.db.execute(sql`CREATE TABLE notes AS SELECT 42 AS answer`);

    await server.kill9();
    let attempts = 0;
    const reading = withDatabaseRetry(() => {
      attempts++;
      return connection.db.execute(sql`SELECT answer FROM notes`);
    });
    await server.restart();

    expect((await reading).rows).toEqual([{ answer: 42 }]);
    expect(attempts).toBeGreaterThan(1);
  });

  it('does not retry what the database refuses', async () => {
    const { url } = await createTestDatabase('empty');
    const { db } = open(url);
    let attempts = 0;

    const work = withDatabaseRetry(() => {
      attempts++;
      return db.execute(sql`SELECT 1 / 0`);
    });

    await expect(work).rejects.toThrow();
    expect(attempts).toBe(1);
  });
});
