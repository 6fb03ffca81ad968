import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { downloadAsset } from '../assets/download.ts';
import { assetTypeWrong } from '../assets/errors.ts';
import { safeFileName } from '../assets/file-name.ts';
import { storeAsset } from '../assets/store.ts';
import type { Context } from '../context.ts';
import type { Companion } from '../courses/save-companions.ts';
import { isAppError } from '../errors/app-error.ts';
import { readErrorFacts } from '../jobs/error-facts.ts';
import { redactText } from '../jobs/redact.ts';
import type { StreamOptions } from '../media/hls-stream.ts';
import { readHlsSubtitles, type Subtitles } from '../media/subtitles.ts';
import type { SourceVideo } from '../sources/types.ts';
import { PartialFile } from '../storage/partial-file.ts';
import type { Issue } from './ledger.ts';

type Owner = Pick<Context, 'http' | 'tmpDir' | 'storage' | 'organisationId'>;

/** What goes with a video, and what of it was lost. */
export interface Companions {
  readonly found: readonly Companion[];
  readonly issues: ReadonlyArray<Omit<Issue, 'itemKind' | 'sourceId'>>;
}

const mostPosterBytes = 20 * 1024 * 1024;

/**
 * Gets the poster and the subtitles of a video into the storage. The video does without those that cannot be had; subtitles
 * that are known to be there and are lost become an issue.
 *
 * @throws {AppError} `SOURCE_RATE_LIMITED` and what the storage throws; the reason of an abort
 */
export async function fetchCompanions(
  owner: Owner,
  video: SourceVideo,
  stream: StreamOptions | null,
  signal: AbortSignal,
): Promise<Companions> {
  const issues: Array<Companions['issues'][number]> = [];
  const found: Companion[] = [];
  const poster = await unlessMissing(signal, () => fetchPoster(owner, video.posterUrl, signal));
  if (poster) found.push(poster);
  const subtitles =
    stream &&
    (await unlessMissing(signal, () =>
      readHlsSubtitles(stream, (label, error) => issues.push(lostSubtitles(label, error))),
    ));
  for (const track of subtitles ?? []) found.push(await storeSubtitles(owner, track));
  return { found, issues };
}

/** Pauses between the tries of something small that is not worth a new try of the whole video. */
const pausesMs = [100, 500, 2_000];

const ours: readonly string[] = ['SOURCE_RATE_LIMITED', 'ASSET_RATE_LIMITED', 'DISK_FULL', 'STORAGE_FAILED'];

/** Null in place of a failure of the hosts that stays; ours, a wait and an abort are thrown on. */
async function unlessMissing<T>(signal: AbortSignal, fetch: () => Promise<T>): Promise<T | null> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetch();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAppError(error) || ours.includes(error.code)) throw error;
      const pauseMs = error.retry === 'never' ? undefined : pausesMs[tries];
      if (pauseMs === undefined) return null;
      await delay(pauseMs, undefined, { signal });
    }
  }
}

async function fetchPoster(
  { http, tmpDir, storage, organisationId }: Owner,
  url: string | null,
  signal: AbortSignal,
): Promise<Companion | null> {
  if (url === null) return null;
  const image = await downloadAsset({
    url,
    expectedKind: 'image',
    maxBytes: mostPosterBytes,
    http,
    tmpDir,
    signal,
  });
  const { path, ...facts } = image;
  // A drawing may hold scripts; no player's poster is one.
  if (image.contentType === 'image/svg+xml') {
    await rm(path, { force: true });
    throw assetTypeWrong(url, 'poster', image.contentType);
  }
  const { storageKey } = await storeAsset(storage, organisationId, image);
  return { ...facts, storageKey, name: safeFileName('poster', image.extension), track: null };
}

async function storeSubtitles(
  { tmpDir, storage, organisationId }: Owner,
  { text, language, label }: Subtitles,
): Promise<Companion> {
  const file = await PartialFile.create(tmpDir);
  await file.append(Buffer.from(text));
  const sha256 = await file.finish();
  const { path, bytes } = file;
  const { storageKey } = await storeAsset(storage, organisationId, { path, bytes, sha256 });
  return {
    storageKey,
    sha256,
    bytes,
    contentType: 'text/vtt',
    extension: 'vtt',
    name: safeFileName(label, 'vtt'),
    track: { language, label },
  };
}

function lostSubtitles(label: string, error: unknown): Companions['issues'][number] {
  const { code, name, message } = readErrorFacts(error);
  return {
    severity: 'warning',
    code,
    message: `The subtitles "${label}" of a video could not be read. Add them by hand.`,
    detail: redactText(`${name}: ${message}`),
  };
}
