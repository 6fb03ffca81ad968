import { createDecipheriv } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { assetCutOff } from '../assets/errors.ts';
import { type AppError, isAppError } from '../errors/app-error.ts';
import { type HostLimits, type HostSlot, hostLimits } from '../http/host-limits.ts';
import type { HttpClient, RequestTimeouts } from '../http/types.ts';
import { toVideoStatusError } from './errors.ts';
import type { Part, SegmentKey } from './playlist.ts';

export interface PartReaderOptions {
  readonly http: HttpClient;
  /** Sent with every request of the stream: playlists, keys, segments. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<RequestTimeouts> | undefined;
  /** Of the process, unless told. */
  readonly limits?: HostLimits | undefined;
}

export interface PartReader {
  /** A whole small resource, and where it came from after redirects. */
  read(url: string, maxBytes: number): Promise<{ readonly bytes: Buffer; readonly url: string }>;
  /** A part as it plays: its range only, deciphered. */
  readPart(part: Part): Promise<Buffer>;
}

/** A segment is a few seconds of video; what is larger than this is none, and would fill the memory. */
const mostSegmentBytes = 256 * 1024 * 1024;

/**
 * The longest pause that a host may ask for and get in memory: to end the stream for it and begin anew later would cost the host
 * every part that has come.
 */
const longestPauseMs = 60_000;

/** Requests of one part before it is given up for now. */
const mostTries = 4;

/**
 * Reads the parts of a stream into memory, each again when its transfer breaks.
 *
 * All methods throw AppError `VIDEO_URL_EXPIRED`, `ASSET_RATE_LIMITED`, `ASSET_UNAVAILABLE`, `ASSET_CUT_OFF`, `CONNECTION_FAILED` or `TIMED_OUT`
 * (later), `ASSET_GONE`, `RESPONSE_TOO_LARGE` and what guarded requests refuse (never); an Error for a part that cannot be
 * deciphered.
 */
export function createPartReader(options: PartReaderOptions): PartReader {
  const { http, headers, signal, timeouts, limits = hostLimits } = options;
  const keys = new Map<string, Promise<Buffer>>();

  const readOnce = (url: string, maxBytes: number, range: Part['byteRange']) =>
    limits.run(url, signal, (slot) => ask(slot, url, maxBytes, range));

  async function ask(
    slot: Pick<HostSlot, 'answered'>,
    url: string,
    maxBytes: number,
    range: Part['byteRange'],
  ) {
    const answer = await http.request(url, {
      headers: {
        ...headers,
        ...(range && { range: `bytes=${range.start}-${range.start + range.length - 1}` }),
      },
      signal,
      ...(timeouts && { timeouts }),
      maxBytes: range ? undefined : maxBytes,
    });
    slot.answered(answer);
    if (answer.status !== 200 && answer.status !== 206) {
      answer.body.on('error', () => {}).destroy();
      throw toVideoStatusError(answer);
    }
    if (!range) return { bytes: await collect(answer.body), url: answer.url };
    // A server without ranges sends all of it, from the beginning.
    const skip = answer.status === 200 ? range.start : 0;
    const bytes = await collect(answer.body, skip, range.length);
    if (bytes.length < range.length) throw assetCutOff(url, bytes.length, null);
    return { bytes, url: answer.url };
  }

  async function read(url: string, maxBytes: number, range: Part['byteRange'] = null) {
    for (let tries = 1; ; tries++) {
      try {
        return await readOnce(url, maxBytes, range);
      } catch (error) {
        const pauseMs = isAppError(error) ? pauseAfter(error, tries) : null;
        if (pauseMs === null || tries === mostTries || signal?.aborted) throw error;
        await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  function readKey({ url, method, format }: SegmentKey): Promise<Buffer> {
    if (method !== 'AES-128' || format !== 'identity')
      throw new Error(`it is encrypted with ${method} (${format}), which only its own player can read`);
    const known = keys.get(url);
    if (known) return known;
    const key = read(url, 1024).then(({ bytes }) => {
      if (bytes.length !== 16) throw new Error(`its key has ${bytes.length} bytes in place of 16`);
      return bytes;
    });
    keys.set(url, key);
    key.catch(() => keys.delete(url));
    return key;
  }

  return {
    read: (url, maxBytes) => read(url, maxBytes),

    async readPart({ url, byteRange, key }) {
      if (byteRange && byteRange.length > mostSegmentBytes)
        throw new Error('one of its segments is too large');
      const secret = key && (await readKey(key));
      const { bytes } = await read(url, mostSegmentBytes, byteRange);
      if (!key || !secret) return bytes;
      const decipher = createDecipheriv('aes-128-cbc', secret, key.iv);
      try {
        return Buffer.concat([decipher.update(bytes), decipher.final()]);
      } catch {
        throw new Error('one of its segments cannot be deciphered with its key');
      }
    },
  };
}

/** How long to wait before a part is asked for again; null when that is of no use now. */
function pauseAfter({ code, retry }: AppError, tries: number): number | null {
  if (retry === 'never' || code === 'VIDEO_URL_EXPIRED') return null;
  if (code !== 'ASSET_RATE_LIMITED' || typeof retry !== 'object') return 100 * tries;
  return retry.afterMs <= longestPauseMs ? retry.afterMs : null;
}

/** The bytes of a body, or `length` of them behind the first `skip`; the rest is not waited for. */
async function collect(body: Readable, skip = 0, length = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let position = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const wanted = chunk.subarray(Math.max(0, skip - position), Math.max(0, skip + length - position));
    if (wanted.length > 0) chunks.push(wanted);
    position += chunk.length;
    if (position >= skip + length) break;
  }
  return Buffer.concat(chunks);
}
