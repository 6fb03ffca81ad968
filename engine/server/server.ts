import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { header, type ServerKind } from '../protocol/names.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import { apiError } from './api-error.ts';
import { BodyNotJson, BodyTooLarge } from './body.ts';

/** An application with what all routes have in common: the server's kind in every answer, errors as JSON. */
export function createApp(serverKind: ServerKind, logger: Logger): Hono {
  const app = new Hono();

  app.use(async (context, next) => {
    await next();
    context.header(header.serverKind, serverKind);
  });
  app.notFound((context) => apiError(context, 404, 'Not found'));
  app.onError((error, context) => {
    if (error instanceof BodyTooLarge) return apiError(context, 413, error.message);
    if (error instanceof BodyNotJson) return apiError(context, 400, error.message);
    if (error instanceof DatabaseUnavailable) return apiError(context, 503, error.message);
    logger.error({ err: error, path: context.req.routePath }, 'Cannot answer a request');
    return apiError(context, 500, 'Internal error');
  });
  return app;
}

export interface Listener {
  readonly port: number;
  /** Takes no new connections and ends those that are open after at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** @throws {Error} when the port is taken */
export async function listen(app: Hono, port: number, host: string): Promise<Listener> {
  const server = await new Promise<ServerType>((resolve, reject) => {
    const starting = serve({ fetch: app.fetch, port, hostname: host }, () => resolve(starting));
    starting.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        isTaken
          ? new Error(`Cannot listen on ${host}:${port}: another program does, choose another port`, {
              cause: error,
            })
          : error,
      );
    });
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return { port: actualPort, close: (graceMs) => close(server, graceMs) };
}

async function close(server: ServerType, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const timer = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}
