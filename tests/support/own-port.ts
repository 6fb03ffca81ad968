import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

const firstPort = 20_000;
const portsAtOnce = 50;

/**
 * A free port of 127.0.0.1 for something that starts later, or starts again. It is none of those that the system gives to
 * whoever asks for any (on Linux from 32,768 on), so nobody takes it meanwhile.
 */
export function ownPort(): Promise<number> {
  const from = firstPort + portsAtOnce * randomInt(240);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, from + portsAtOnce - 1) });
}
