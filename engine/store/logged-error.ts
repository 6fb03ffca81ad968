import { stdSerializers } from 'pino';

/** An error as it is logged: without the fields in which PostgreSQL quotes rows and values, and so what users have sent. */
export function loggedError(error: Error): object {
  const { detail, where, ...rest } = stdSerializers.err(error);
  return rest;
}
