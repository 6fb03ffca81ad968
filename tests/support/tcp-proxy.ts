import { once } from 'node:events';
import { type AddressInfo, createServer, connect as openSocket, type Socket } from 'node:net';
import { onScopeEnd } from './scope.ts';

/** A way to a server that can be made to swallow everything, as a broken network does. */
export interface TcpProxy {
  readonly port: number;
  /** Nothing comes through any more on the connections of the moment, and, if told so, on new ones. They stay open. */
  stall(options: { newOnesToo: boolean }): void;
  /** Everything comes through again, also what was held back. */
  resume(): void;
}

/** Leads to a port of 127.0.0.1 until the running test, or else the test file, has finished. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  /** Each end of each connection with the other one. */
  const peers = new Map<Socket, Socket>();
  let stallsNewOnes = false;
  const hold = (socket: Socket) => {
    socket.unpipe();
    socket.pause();
  };

  const server = createServer((near) => {
    const far = openSocket(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      peers.set(from, to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        peers.delete(from);
        to.destroy();
      });
      if (stallsNewOnes) hold(from);
      else from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onScopeEnd(async () => {
    for (const socket of peers.keys()) socket.destroy();
    server.close();
  });

  return {
    port: (server.address() as AddressInfo).port,
    stall({ newOnesToo }) {
      stallsNewOnes = newOnesToo;
      for (const socket of peers.keys()) hold(socket);
    },
    resume() {
      stallsNewOnes = false;
      for (const [from, to] of peers) from.pipe(to);
    },
  };
}
