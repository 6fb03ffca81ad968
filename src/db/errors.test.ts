import { inspect } from 'node:util';
import { DrizzleQueryError, sql } from 'drizzle-orm';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { connect, type Database } from './client.ts';
import {
  isConnectionLost,
  isDiskFull,
  isForeignKeyViolation,
  isTransactionConflict,
  isUniqueViolation,
  toDatabaseError,
} from './errors.ts';

async function connectToTestDatabase(): Promise<Database> {
  const { url } = await createTestDatabase('empty');
  const { db, close } = connect(url);
  onTestFinished(close);
  await db.execute(
    sql`CREATE TABLE notes (id text CONSTRAINT notes_key PRIMARY KEY, parent text REFERENCES notes)`,
  );
  return db;
}

function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );
}

function refusal(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('could not extend file', 0, 'error');
  error.code = code;
  return error;
}

describe('errors of the database', () => {
  it('are told apart by what PostgreSQL says', async () => {
    const db = await connectToTestDatabase();
    await db.execute(sql`INSERT INTO notes VALUES ('a')`);

    const twice = await failureOf(db.execute(sql`INSERT INTO notes VALUES ('a')`));
    const orphan = await failureOf(db.execute(sql`INSERT INTO notes VALUES ('b', 'nobody')`));

    expect(isUniqueViolation(twice)).toBe(true);
    expect(isUniqueViolation(twice, 'notes_key')).toBe(true);
    expect(isUniqueViolation(twice, 'other_key')).toBe(false);
    expect(isForeignKeyViolation(twice)).toBe(false);
    expect(isForeignKeyViolation(orphan)).toBe(true);
    expect(isUniqueViolation(orphan)).toBe(false);
  });

  it('tell a lost connection, however it was lost', async () => {
    const db = await connectToTestDatabase();

    const ended = await failureOf(db.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`));
    const refused = await failureOf(new pg.Client('postgres://nobody@127.0.0.1:1/none').connect());
    const refusedByName = await failureOf(new pg.Client('postgres://nobody@localhost:1/none').connect());

    expect([ended, refused, refusedByName].map(isConnectionLost)).toEqual([true, true, true]);
    expect(isConnectionLost(await failureOf(db.execute(sql`SELECT 1 / 0`)))).toBe(false);
    expect(isConnectionLost(new Error('Something else'))).toBe(false);
  });

  it('tell a full disk and a conflict of transactions', () => {
    expect(isDiskFull(new DrizzleQueryError('INSERT', [], refusal('53100')))).toBe(true);
    expect(isDiskFull(refusal('53200'))).toBe(false);
    expect(isTransactionConflict(refusal('40P01'))).toBe(true);
    expect(isTransactionConflict(refusal('23505'))).toBe(false);
    expect(toDatabaseError(refusal('53100'))).toMatchObject({ code: 'DISK_FULL' });
  });

  it('name statement and constraint to the operator, and no value', async () => {
    const db = await connectToTestDatabase();
    await db.execute(sql`INSERT INTO notes VALUES (${'the-secret'})`);
    const failure = await failureOf(db.execute(sql`INSERT INTO notes VALUES (${'the-secret'})`));
    expect(inspect(failure)).toContain('the-secret');

    const error = toDatabaseError(failure);

    expect(error).toMatchObject({
      code: 'DATABASE_FAILED',
      message:
        'Cannot run a query "INSERT INTO notes VALUES ($1)": the database refused it (23505 on "notes_key")',
    });
    expect(inspect(error)).not.toContain('the-secret');
  });

  it('leave alone what does not come from the database', () => {
    const error = new Error('Something else');

    expect(toDatabaseError(error)).toBe(error);
  });
});
