import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { AssetBody } from '../school/asset.ts';
import type { ByteRange } from './byte-range.ts';

/** How a body goes over the wire. */
export interface Delivery {
  /** 0 = as fast as the client reads. */
  readonly bytesPerSecond: number;
  readonly ending: 'complete' | 'cut' | 'endless';
}

const chunkBytes = 256 * 1024;
const ticksPerSecond = 10;

/** Writes the range of a body, never faster than the client reads; returns when it is out or the client has gone. */
export async function sendBody(
  response: ServerResponse,
  body: AssetBody,
  { start, end }: ByteRange,
  { bytesPerSecond, ending }: Delivery,
): Promise<void> {
  const step = bytesPerSecond > 0 ? Math.max(1, Math.ceil(bytesPerSecond / ticksPerSecond)) : chunkBytes;
  const last = ending === 'cut' ? start + Math.floor((end - start) / 2) : end;
  const closed = new AbortController();
  response.once('close', () => closed.abort());

  async function write(bytes: Uint8Array): Promise<void> {
    if (!response.write(bytes)) await once(response, 'drain', { signal: closed.signal });
    if (bytesPerSecond > 0) await pause(1000 / ticksPerSecond, undefined, { signal: closed.signal });
  }

  try {
    for (let at = start; at < last && !response.destroyed; at += step) {
      await write(body.slice(at, Math.min(at + step, last)));
    }
    const zeros = new Uint8Array(step);
    while (ending === 'endless' && !response.destroyed) await write(zeros);
  } catch (error) {
    if (closed.signal.aborted) return;
    throw error;
  }
  if (ending === 'cut') response.socket?.destroySoon();
  else response.end();
}
