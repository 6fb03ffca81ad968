import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

export interface Listener {
  readonly port: number;
  /** Gives connections that are to become WebSockets to the handler. Without one they are refused. */
  onUpgrade(handler: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
  /** Takes no new connections and ends those that are open after at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** How long a client may take for its request, in ms. */
export interface RequestTimeouts {
  readonly headersMs: number;
  /** From its first byte to the last of its body. */
  readonly requestMs: number;
  readonly checkIntervalMs: number;
}

const defaultTimeouts: RequestTimeouts = { headersMs: 10_000, requestMs: 60_000, checkIntervalMs: 5_000 };

/** @throws {Error} when the port is taken */
export async function listen(
  app: Hono,
  port: number,
  host: string,
  timeouts: RequestTimeouts = defaultTimeouts,
): Promise<Listener> {
  const handle = getRequestListener(app.fetch, {
    hostname: host,
    errorHandler: (error) => Response.json(refusal(400, reasonOf(error)), { status: 400 }),
  });
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      // Node's own would end streams too.
      requestTimeout: 0,
      connectionsCheckingInterval: timeouts.checkIntervalMs,
    },
    (request, response) => {
      latest.set(request.socket, { request, response });
      if (!isStream(request)) limitTime(request, timeouts.requestMs, server);
      void handle(request, response);
    },
  );
  server.on('clientError', (error: ClientError, socket) => {
    const { request, response } = latest.get(socket) ?? {};
    // Garbage after a request that is complete: the request still gets its own answer, and only then the garbage.
    const isWaiting = request?.complete === true && response?.writableFinished === false;
    if (isWaiting) response.once('finish', () => refuseUnreadable(error, socket));
    else refuseUnreadable(error, socket);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        isTaken
          ? new Error(`Cannot listen on ${host}:${port}: another program does, choose another port`, {
              cause: error,
            })
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: actualPort,
    onUpgrade: (handler) => void server.on('upgrade', handler),
    close: (graceMs) => close(server, graceMs),
  };
}

/** Whether the body is passed on while it arrives. Such a request may go on for hours, and keeps no memory. */
function isStream(request: IncomingMessage): boolean {
  return request.url?.startsWith('/v1/realtime/publish') === true;
}

function limitTime(request: IncomingMessage, timeoutMs: number, server: Server): void {
  const timer = setTimeout(() => {
    if (request.complete) return;
    const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    server.emit('clientError', error, request.socket);
  }, timeoutMs);
  request.once('close', () => clearTimeout(timer));
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

/** An error of Node's HTTP parser, or of the connection. */
type ClientError = Error & { readonly code?: string; readonly reason?: string };

/** Answers what is not HTTP, or did not arrive in time. Node gives the connection into our hands for that. */
function refuseUnreadable(error: ClientError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = whyUnreadable(error);
  const body = JSON.stringify(refusal(status, message));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function whyUnreadable(error: ClientError): readonly [number, string] {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Cannot take the request: it did not arrive completely in time'];
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Cannot take the request: its headers are too large'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'Cannot take the request: the extensions of its chunks are too large'];
    default:
      return [400, `Cannot read the request: it is not HTTP: ${error.reason ?? error.message}`];
  }
}

function refusal(status: number, error: string): object {
  return { error, data: null, status };
}

function reasonOf(error: unknown): string {
  return `Cannot read the request: ${error instanceof Error ? error.message : String(error)}`;
}
