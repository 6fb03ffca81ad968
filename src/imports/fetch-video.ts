import type { Delivery } from '../assets/download.ts';
import type { Context } from '../context.ts';
import type { AssetRequest } from '../db/schema/index.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { remuxHls } from '../media/hls.ts';
import type { StreamOptions } from '../media/hls-stream.ts';
import type { Source, SourceVideo } from '../sources/types.ts';
import type { Fetched } from './fetch-asset.ts';
import { fetchCompanions } from './fetch-companions.ts';

type VideoPlace = NonNullable<AssetRequest['video']>;
type Neighbours = Pick<Context, 'http' | 'tmpDir' | 'maxAssetBytes' | 'storage' | 'organisationId'>;

export interface VideoOptions {
  readonly place: VideoPlace;
  readonly openSource: () => Promise<Source>;
  /** Gets the upload; null when its address is not known. */
  readonly upload: (() => Promise<Delivery>) | null;
  /** The upload is under way, in parts: this is about the next one alone. */
  readonly isUnderWay: boolean;
  readonly signal: AbortSignal;
}

/** What old uploads of videos answer although the video plays: they are forbidden, gone, or a page in their place. */
const uploadRefusals = ['ASSET_FORBIDDEN', 'ASSET_GONE', 'ASSET_TYPE_WRONG', 'ASSET_EMPTY'] as const;

/**
 * Gets a video into a temporary file, which belongs to the caller: its upload, which may come in parts, or, when that is not handed out, the stream that
 * the source plays as one MP4. Poster and subtitles come from the player in both cases, and come first: they are small, and
 * their addresses live for minutes. Signed addresses are asked for right before they are used and kept nowhere.
 *
 * @throws {AppError} `VIDEO_NOT_READY` (never); what `downloadPart`, reading a video (see `Source`) and `remuxHls` throw
 */
export async function fetchVideo(
  neighbours: Neighbours,
  { place, openSource, upload, isUnderWay, signal }: VideoOptions,
): Promise<Fetched> {
  if (upload && isUnderWay) return upload();
  const source = await openSource();
  const read = () => source.readVideo(place.courseId, place.lessonId, place.videoId);
  const video = await read().catch((error: unknown) => {
    // The upload may still be there. Without poster and subtitles only when the player is refused for good.
    if (upload && isAppError(error, 'SOURCE_NOT_FOUND', 'SOURCE_FORBIDDEN', 'SOURCE_REQUEST_REFUSED'))
      return null;
    throw error;
  });
  const stream =
    video?.ready && video.playlistUrl ? streamOf(neighbours, video, video.playlistUrl, read, signal) : null;
  const companions = video
    ? await fetchCompanions(neighbours, video, stream, signal)
    : { found: [], issues: [] };

  if (upload) {
    try {
      const delivery = await upload();
      return 'part' in delivery ? delivery : { asset: { ...delivery.asset, companions } };
    } catch (error) {
      if (!isAppError(error, ...uploadRefusals)) throw error;
    }
  }
  if (!stream) throw notReady(video ?? (await read()));
  return { asset: { ...(await remuxHls({ ...stream, tmpDir: neighbours.tmpDir })), companions } };
}

function streamOf(
  { http, maxAssetBytes }: Neighbours,
  video: SourceVideo,
  masterUrl: string,
  read: () => Promise<SourceVideo>,
  signal: AbortSignal,
): StreamOptions {
  return {
    masterUrl,
    async freshUrl() {
      const fresh = await read();
      if (!fresh.ready || fresh.playlistUrl === null) throw notReady(fresh);
      return fresh.playlistUrl;
    },
    headers: video.requestHeaders,
    http,
    maxBytes: maxAssetBytes,
    signal,
  };
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
