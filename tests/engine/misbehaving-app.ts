import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { onScopeEnd } from '../support/scope.ts';

/** What an app does with a connection when a request has come in. */
export type Behaviour = (socket: Socket) => void;

const sdkHeaders = 'x-inngest-sdk: inngest-js:v4.18.1\r\ncontent-type: application/json\r\n';

/** A complete answer of an SDK, with a body of any kind. */
export function answerOf(status: number, body: string | Buffer, headers = ''): Behaviour {
  return (socket) => {
    socket.write(
      `HTTP/1.1 ${status} X\r\n${sdkHeaders}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n`,
    );
    socket.write(body);
  };
}

/** Only the beginning of an answer of an SDK; what follows is the caller's to write. */
export function beginAnswer(socket: Socket, headers: string): void {
  socket.write(`HTTP/1.1 206 X\r\n${sdkHeaders}${headers}\r\n\r\n`);
}

/**
 * Listens on a free port and lets the path of each request choose a behaviour, `not-http` for what is no request. Returns
 * the port.
 */
export async function startMisbehavingApp(behaviours: Readonly<Record<string, Behaviour>>): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      const [, name = 'not-http'] = /^\w+ \/([\w-]*)/.exec(chunk.toString('latin1')) ?? [];
      behaviours[name]?.(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onScopeEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
