import { isAppError } from '../errors/app-error.ts';
import { describeUrl } from '../http/url.ts';
import type { ReadFreeBytes } from '../storage/disk-space.ts';
import { toStorageError } from '../storage/errors.ts';
import { videoUnreadable } from './errors.ts';
import { type MediaFacts, readMediaFacts } from './facts.ts';
import { HlsStream, type StreamOptions } from './hls-stream.ts';
import { writeMp4 } from './mp4.ts';

export interface RemuxOptions extends StreamOptions {
  /** Made when it is not there. Holds up to twice the video's size for a moment. */
  readonly tmpDir: string;
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

/**
 * Downloads an HLS stream as one MP4 that plays before it is loaded whole. Nothing is encoded anew, memory stays bounded, and
 * the same stream always gives the same bytes. On any failure nothing stays on the disk.
 *
 * @throws AppError `VIDEO_URL_EXPIRED` (later, with a fresh address), `VIDEO_UNREADABLE`, `ASSET_TOO_LARGE` or
 * `ASSET_GONE` (never), `ASSET_UNAVAILABLE`, `ASSET_CUT_OFF`, `CONNECTION_FAILED`, `TIMED_OUT`, `DISK_FULL` or
 * `STORAGE_FAILED` (later), and what `freshUrl` throws. An abort throws the signal's reason.
 */
export function remuxHls(options: RemuxOptions): Promise<RemuxedVideo> {
  return asVideo(options, async () => {
    const file = await writeMp4(await HlsStream.open(options), options);
    const facts = await readMediaFacts(file.path, 'video/mp4');
    return { ...file, contentType: 'video/mp4', extension: 'mp4', ...facts };
  });
}

/** Runs work on a stream, and says of what goes wrong what it means for the video. */
export async function asVideo<T>(
  { masterUrl, signal }: Pick<StreamOptions, 'masterUrl' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const own = toStorageError(error, `download ${describeUrl(masterUrl)}`);
    throw isAppError(own) ? own : videoUnreadable(masterUrl, error);
  }
}
