import { createServer } from 'node:net';

const pollMs = 200;

/**
 * Waits until nobody listens on a port, or until the time is over.
 *
 * An engine that lost its database to this one may still be about to give up the port that both want.
 */
export async function untilPortIsFree(port: number, host: string, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await isFree(port, host)) && Date.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, pollMs));
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
