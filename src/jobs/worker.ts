import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from 'inngest/node';
import { AppError } from '../errors/app-error.ts';
import type { Job } from './job-types.ts';
import { serveOptions, servePath } from './serve-options.ts';

export interface Worker {
  /** Where the engine calls the jobs. */
  readonly url: string;
  readonly port: number;
  /** Takes no new requests, lets those under way end, and cuts them off after some seconds; the engine repeats those. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly jobs: readonly Job[];
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
}

const stopGraceMs = 10_000;

/**
 * Serves jobs to the engine over plain `node:http`.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when the port cannot be listened on
 */
export async function startWorker({ jobs, port, host = '127.0.0.1' }: WorkerOptions): Promise<Worker> {
  const handle = serve(serveOptions(jobs));
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === servePath) handle(request, response);
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
  });
  const actualPort = await listen(server, port, host);
  return {
    url: `http://${host}:${actualPort}${servePath}`,
    port: actualPort,
    stop: () => stop(server),
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    const problem =
      error.code === 'EADDRINUSE' ? 'it is taken, choose another' : (error.code ?? error.message);
    throw new AppError({
      code: 'CONFIGURATION_INVALID',
      message: `Cannot serve jobs on ${host}:${port}: ${problem}`,
      publicMessage: 'The job worker could not start; its operator has to choose another port.',
      retry: 'never',
      cause: error,
    });
  });
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), stopGraceMs);
  await closed;
  clearTimeout(timer);
}
