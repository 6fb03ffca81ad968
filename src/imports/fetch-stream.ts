import type { Context } from '../context.ts';
import type { AssetRequest } from '../db/schema/index.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { type RemuxedVideo, remuxHls } from '../media/hls.ts';
import type { Source, SourceVideo } from '../sources/types.ts';

type VideoPlace = NonNullable<AssetRequest['video']>;

/** An address may expire between the answer that has it and the last segment; a fresh one begins the video again. */
const addressesPerAttempt = 2;

/**
 * Gets the video that the source plays as one MP4 in a temporary file, which belongs to the caller. Its address is asked for
 * right before it is used and kept nowhere.
 *
 * @throws {AppError} `VIDEO_NOT_READY` (never); what reading a video (see `Source`) and `remuxHls` throw
 */
export async function fetchStream(
  { http, tmpDir, maxAssetBytes }: Pick<Context, 'http' | 'tmpDir' | 'maxAssetBytes'>,
  source: Source,
  place: VideoPlace,
  signal: AbortSignal,
): Promise<RemuxedVideo> {
  for (let addresses = 1; ; addresses++) {
    const video = await source.readVideo(place.courseId, place.lessonId, place.videoId);
    if (!video.ready || video.playlistUrl === null) throw notReady(video);
    try {
      return await remuxHls({
        masterUrl: video.playlistUrl,
        headers: video.requestHeaders,
        http,
        tmpDir,
        maxBytes: maxAssetBytes,
        signal,
      });
    } catch (error) {
      if (!isAppError(error, 'VIDEO_URL_EXPIRED') || addresses === addressesPerAttempt) throw error;
    }
  }
}

function notReady({ id, status }: SourceVideo): AppError {
  return new AppError({
    code: 'VIDEO_NOT_READY',
    message: `Cannot download video "${id}": its status at the source is ${status ?? 'unknown'}, import again once it plays there`,
    publicMessage:
      'This video does not play at your school yet. Check it there, then import the course again.',
    retry: 'never',
  });
}
