import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '../protocol/limits.ts';
import { whyForeign } from '../server/local-only.ts';
import { type Tokens, type Topic, tokenOf } from '../server/tokens.ts';
import type { Hub } from './hub.ts';

const path = '/v1/realtime/connect';
/** Only path and query of a request's address count. */
const base = 'http://engine';
const heartbeatMs = 30_000;
const maxIncomingBytes = 64 * 1024;

/**
 * `GET /v1/realtime/connect?token=…`: what is published in the topics of the token, as WebSocket messages. A subscriber
 * who reads slower than others publish is disconnected when `limits.subscriberBytes` wait for it.
 */
export class RealtimeSockets {
  readonly #hub: Hub;
  readonly #tokens: Tokens;
  readonly #isDev: boolean;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxIncomingBytes });

  constructor(parts: { hub: Hub; tokens: Tokens; dev: boolean }) {
    this.#hub = parts.hub;
    this.#tokens = parts.tokens;
    this.#isDev = parts.dev;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client may go away at any moment of the handshake.
    socket.on('error', () => socket.destroy());
    const target = request.url ?? '/';
    const { pathname, searchParams } = new URL(URL.canParse(target, base) ? target : '/', base);
    const { authorization } = request.headers;
    const grant = this.#tokens.read(tokenOf({ query: searchParams.get('token'), authorization }));
    if (this.#isDev && isForeign(request)) refuse(socket, '403 Forbidden');
    else if (pathname !== path) refuse(socket, '404 Not Found');
    else if (grant?.use !== 'subscribe') refuse(socket, '401 Unauthorized');
    else this.#server.handleUpgrade(request, socket, head, (client) => this.#connect(client, grant.topics));
  }

  /** Disconnects everybody. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #connect(client: WebSocket, topics: readonly Topic[]): void {
    const unsubscribe = this.#hub.subscribe(topics, {
      receive(text) {
        client.send(text);
        if (client.bufferedAmount > limits.subscriberBytes) client.terminate();
      },
      receiveRaw: () => undefined,
      close: () => client.terminate(),
    });
    let isAlive = true;
    const heartbeat = setInterval(() => {
      if (!isAlive) client.terminate();
      isAlive = false;
      client.ping();
    }, heartbeatMs);
    client.on('pong', () => {
      isAlive = true;
    });
    client.on('error', () => client.terminate());
    client.on('close', () => {
      clearInterval(heartbeat);
      unsubscribe();
    });
  }
}

/** Browsers let pages of any website open WebSockets to any address, and say from where. */
function isForeign({ headers }: IncomingMessage): boolean {
  const { host, origin } = headers;
  return whyForeign({ method: 'GET', host, origin, fetchSite: undefined }) !== null;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
