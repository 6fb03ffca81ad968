import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onScopeEnd } from '../../support/scope.ts';

/** A request that a server made to an app. */
export interface AppRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly receivedAtMs: number;
}

/** Where a server reaches an app. */
export interface Endpoint {
  readonly url: string;
  /** Breaks all connections and listens no more. */
  close(): Promise<void>;
}

/** Breaks the connection instead of answering. */
export const brokenConnection = Response.error();

/** Serves one app on a free port of 127.0.0.1, until the test or file has finished. */
export async function openEndpoint(
  answer: (request: AppRequest) => Promise<Response>,
  { port = 0 } = {},
): Promise<Endpoint> {
  const server = createServer((request, response) => {
    handle(request, response, answer).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  onScopeEnd(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`, close };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: AppRequest) => Promise<Response>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const answered = await answer({
    method: request.method ?? '',
    url: new URL(request.url ?? '', `http://${request.headers.host}`),
    headers: Object.fromEntries(headers),
    text: Buffer.concat(chunks).toString('utf8'),
    receivedAtMs: Date.now(),
  });
  if (answered === brokenConnection) return void request.socket.destroy();
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (answered.body !== null) for await (const chunk of answered.body) response.write(chunk);
  response.end();
}
