import { type AppError, isAppError } from '../errors/app-error.ts';
import { createFetchAdapter } from '../http/fetch-adapter.ts';
import type { HttpClient, RequestTimeouts } from '../http/types.ts';
import { describeUrl } from '../http/url.ts';
import type { ReadFreeBytes } from '../storage/disk-space.ts';
import { toStorageError } from '../storage/errors.ts';
import { toVideoStatusError, videoUnreadable } from './errors.ts';
import { type MediaFacts, readMediaFacts } from './facts.ts';
import { HLS_FORMATS, Input, UrlSource } from './mediabunny.ts';
import { writeMp4 } from './mp4.ts';

export interface RemuxOptions {
  /** The master playlist or the playlist of one stream. May be signed. */
  readonly masterUrl: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly http: HttpClient;
  /** Made when it is not there. Holds up to twice the video's size for a moment. */
  readonly tmpDir: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<RequestTimeouts>;
  readonly readFreeBytes?: ReadFreeBytes;
}

/** A whole MP4 in the temporary folder; it belongs to the caller, who stores or deletes it. */
export interface RemuxedVideo extends MediaFacts {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: 'video/mp4';
  readonly extension: 'mp4';
}

/** Requests of one video that may break before it is given up for now. Each begins again where it was. */
const mostInterruptions = 5;

/** What mediabunny keeps of each segment; a segment is a few seconds of video. */
const cachedBytes = 32 * 1024 * 1024;

/**
 * Downloads an HLS stream (RFC 8216, also with AES-128) in its best quality as one MP4 that plays before it is loaded
 * whole. Nothing is encoded anew, memory stays bounded, and the same stream always gives the same bytes. On any failure
 * nothing stays on the disk.
 *
 * @throws AppError `VIDEO_URL_EXPIRED` (later, with a fresh address), `VIDEO_UNREADABLE`, `ASSET_TOO_LARGE` or
 * `ASSET_GONE` (never), `ASSET_UNAVAILABLE`, `CONNECTION_FAILED`, `TIMED_OUT`, `DISK_FULL` or `STORAGE_FAILED` (later).
 * An abort throws the signal's reason.
 */
export async function remuxHls(options: RemuxOptions): Promise<RemuxedVideo> {
  const { masterUrl, signal } = options;
  signal?.throwIfAborted();
  const source = openSource(options);
  const input = new Input({ source: source.source, formats: HLS_FORMATS });
  const dispose = () => input.dispose();
  signal?.addEventListener('abort', dispose, { once: true });
  try {
    const file = await writeMp4(input, options);
    return {
      ...file,
      contentType: 'video/mp4',
      extension: 'mp4',
      ...(await readMediaFacts(file.path, 'video/mp4')),
    };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const own = toStorageError(error, `download ${describeUrl(masterUrl)}`);
    throw isAppError(own) ? own : (source.failure() ?? videoUnreadable(masterUrl, error));
  } finally {
    signal?.removeEventListener('abort', dispose);
    input.dispose();
  }
}

/** The stream as mediabunny reads it, over guarded requests; remembers which failure ended it. */
function openSource({ masterUrl, http, headers, signal, timeouts }: RemuxOptions) {
  const request = createFetchAdapter(http, {
    signal,
    ...(headers && { headers }),
    ...(timeouts && { timeouts }),
  });
  let interruptions = 0;
  let failure: AppError | undefined;
  const remember = (error: unknown) => {
    if (isAppError(error)) failure ??= error;
  };

  const source = new UrlSource(masterUrl, {
    maxCacheSize: cachedBytes,
    async fetchFn(input, init) {
      const response = await request(input, init);
      if (response.ok) return response;
      await response.body?.cancel();
      throw toVideoStatusError(response);
    },
    getRetryDelay(_previousAttempts, error) {
      interruptions++;
      const isPassing = isAppError(error) && error.retry !== 'never' && error.code !== 'VIDEO_URL_EXPIRED';
      if (isPassing && interruptions <= mostInterruptions && !signal?.aborted) return 0.1 * interruptions;
      remember(error);
      return null;
    },
    handleUnhandledError: remember,
  });
  return { source, failure: () => failure };
}
