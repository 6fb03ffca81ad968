import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onScopeEnd } from './scope.ts';

/** Serves HTTP on a free port of 127.0.0.1 until the running test, or else the test file, has finished. Returns the port. */
export async function serveHttp(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onScopeEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
