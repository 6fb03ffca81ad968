import { createServer } from 'node:net';
import { CommandFailure } from '../failure.ts';

async function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = address !== null && typeof address === 'object' ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}

/**
 * A port that can be listened on: the wanted one, or any for 0.
 *
 * @throws {CommandFailure} when the wanted one is taken and `fallback` is off
 */
export async function findPort(options: {
  readonly wanted: number;
  /** What will listen there, for the message. */
  readonly purpose: string;
  /** The setting that changes it, for the message. */
  readonly setting: string;
  /** Take any free port when the wanted one is taken. */
  readonly fallback: boolean;
}): Promise<number> {
  const port = (await tryPort(options.wanted)) ?? (options.fallback ? await tryPort(0) : null);
  if (port !== null) return port;
  throw new CommandFailure(
    `Cannot start ${options.purpose} on port ${options.wanted}: the port is taken; set ${options.setting} to a free one (0 finds one)`,
  );
}
