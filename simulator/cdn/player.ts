import type { SimulatorContext } from '../context.ts';
import { type Asset, bytesBody, mediaBody, readMedia } from '../school/asset.ts';
import { attachmentIdOf, hasValidToken } from './signed-urls.ts';

/** What the player's CDN sees of a request. */
export interface PlayerRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly referer: string | undefined;
}

/** Referer that the player's pages send; people report 403 without it. */
export const playerReferer = 'https://player.hotmart.com';

const forbidden: Asset = {
  body: bytesBody(Buffer.from('Access Denied')),
  contentType: 'text/html',
  status: 403,
};

const contentTypes: Readonly<Record<string, string>> = {
  m3u8: 'application/x-mpegURL',
  ts: 'video/MP2T',
  mp4: 'video/mp4',
  aac: 'audio/aac',
  vtt: 'text/vtt',
  bin: 'application/octet-stream',
};

/**
 * Playlists, segments, keys and subtitles under `/video/CODE/hls/`. Playlists hand the token of their own request on to what they list,
 * unless only the master playlist is protected. Undefined when there is no such file.
 */
export function findStreamFile(simulator: SimulatorContext, request: PlayerRequest): Asset | undefined {
  const [, code, file] =
    /^\/video\/(\w+)\/hls\/((?:\w+\/)?[\w-]+\.(?:m3u8|ts|mp4|aac|vtt|bin))$/.exec(request.path) ?? [];
  if (code === undefined || file === undefined) return undefined;
  const { values } = simulator.faults;
  const isMaster = file.startsWith('master-');
  const needsToken = isMaster || values.videoTokenScope === 'all';
  if (needsToken && !hasValidToken(simulator, code, request.query)) return forbidden;
  const session = request.query.get('app') ?? '';
  if (needsToken && !/\.(m3u8|bin)$/.test(file) && isUsedUp(simulator, session)) return forbidden;
  if (values.videoReferer === 'required' && !request.referer?.startsWith(playerReferer)) return forbidden;

  const stream = findVideo(simulator, code)?.stream;
  if (stream === undefined || stream === null) return undefined;
  const onDisk = isMaster ? 'master.m3u8' : file.replace(/\.ts$/, '.mpegts');
  const extension = file.slice(file.lastIndexOf('.') + 1);
  const name = `hls/${stream}/${onDisk}`;
  const body =
    extension === 'm3u8' && values.videoTokenScope === 'all'
      ? bytesBody(Buffer.from(withQuery(Buffer.from(readMedia(name)).toString(), request.query)))
      : mediaBody(name);
  return { body, contentType: contentTypes[extension] ?? null, status: 200 };
}

/** The poster under `/video/CODE/thumbnail/`. */
export function findPoster(simulator: SimulatorContext, request: PlayerRequest): Asset | undefined {
  const [, code] = /^\/video\/(\w+)\/thumbnail\/0000\.jpg$/.exec(request.path) ?? [];
  if (code === undefined) return undefined;
  if (!hasValidToken(simulator, code, request.query)) return forbidden;
  const poster = findVideo(simulator, code)?.poster;
  return poster ? { body: mediaBody(poster), contentType: 'image/jpeg', status: 200 } : undefined;
}

const uses = new WeakMap<SimulatorContext, Map<string, number>>();

/** Counts a segment against the session's token, and tells whether it was one too many. */
function isUsedUp(simulator: SimulatorContext, session: string): boolean {
  const limit = simulator.faults.values.videoTokenSegments;
  if (limit === 0) return false;
  const counts = uses.get(simulator) ?? new Map<string, number>();
  const used = (counts.get(session) ?? 0) + 1;
  uses.set(simulator, counts.set(session, used));
  return used > limit;
}

function findVideo(simulator: SimulatorContext, code: string) {
  const attachmentId = attachmentIdOf(code);
  return attachmentId === undefined ? undefined : simulator.school.findVideo(attachmentId);
}

/** Adds the query to every relative URI of a playlist (RFC 8216 §4.1: lines without `#`, and `URI` attributes). */
function withQuery(playlist: string, query: URLSearchParams): string {
  const token = query.toString();
  return playlist
    .replace(/^(?!#)\S+$/gm, (uri) => `${uri}?${token}`)
    .replace(/URI="([^"]+)"/g, (_, uri: string) => `URI="${uri}?${token}"`);
}
