import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';
import { AppError, isAppError } from '../errors/app-error.ts';

/** Class 08, and the server's own ending or starting: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const connectionStates = /^(08...|57P0[1-5])$/;
const connectionErrnos: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];
/** How node-postgres words the end of a connection, for which it has no code. */
const connectionMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client was closed|Client has encountered a connection error)/;

/** Two rows that must differ would be equal. `constraint` narrows it to one index or constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const cause = databaseCause(error);
  return stateOf(cause) === '23505' && (constraint === undefined || constraintOf(cause) === constraint);
}

/** A row refers to one that does not exist, or is still referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  return stateOf(databaseCause(error)) === '23503';
}

/** The server's disk is full (53100), and nothing of the transaction was kept. */
export function isDiskFull(error: unknown): boolean {
  return stateOf(databaseCause(error)) === '53100';
}

/**
 * The server is away, is ending, is starting, or has no connection left for us. Whether a commit that was under way took
 * place is unknown: repeat only what may be repeated.
 */
export function isConnectionLost(error: unknown): boolean {
  const cause = databaseCause(error);
  const code = stateOf(cause);
  if (code !== undefined)
    return connectionStates.test(code) || code === '53300' || connectionErrnos.includes(code);
  return cause instanceof Error && connectionMessages.test(cause.message);
}

/** The transaction met another one (deadlock, serialisation) and was rolled back: running it again may well succeed. */
export function isTransactionConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(stateOf(databaseCause(error)) ?? '');
}

/**
 * A failed query as an error of ours: `DATABASE_UNAVAILABLE`, `DISK_FULL` or `DATABASE_FAILED`. It names the state, the
 * constraint and the statement and leaves out all values, which Drizzle and PostgreSQL put in their messages and which
 * may be secret. Errors that do not come from the database pass unchanged.
 */
export function toDatabaseError(error: unknown): unknown {
  if (isAppError(error)) return error;

  const cause = databaseCause(error);
  const lost = isConnectionLost(cause);
  if (!lost && !(cause instanceof pg.DatabaseError) && !(error instanceof DrizzleQueryError)) return error;

  const reason = describeCause(cause);
  const where = error instanceof DrizzleQueryError ? ` "${shorten(error.query)}"` : '';
  if (lost) {
    return new AppError({
      code: 'DATABASE_UNAVAILABLE',
      message: `Cannot run a query${where}: the database is not reachable (${reason})`,
      publicMessage: 'The database is not reachable at the moment. It is tried again.',
      retry: 'later',
    });
  }
  if (isDiskFull(cause)) {
    return new AppError({
      code: 'DISK_FULL',
      message: `Cannot run a query${where}: the database's disk is full, free some space`,
      publicMessage: "The server's disk is full. Its operator has to free some space.",
      retry: 'later',
    });
  }
  return new AppError({
    code: 'DATABASE_FAILED',
    message: `Cannot run a query${where}: the database refused it (${reason})`,
    publicMessage: 'Something went wrong while saving. It is tried again.',
    retry: 'later',
  });
}

/** Drizzle wraps what node-postgres threw; connecting by name to several addresses gives one error for all of them. */
function databaseCause(error: unknown): unknown {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
}

function stateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

function describeCause(cause: unknown): string {
  const name = cause instanceof Error ? cause.name : 'unknown';
  const code =
    stateOf(cause) ??
    (connectionMessages.test(cause instanceof Error ? cause.message : '') ? 'closed' : name);
  const constraint = constraintOf(cause);
  return constraint === undefined ? code : `${code} on "${constraint}"`;
}

function shorten(query: string): string {
  const oneLine = query.replace(/\s+/g, ' ').trim();
  return oneLine.length > 300 ? `${oneLine.slice(0, 300)}…` : oneLine;
}
