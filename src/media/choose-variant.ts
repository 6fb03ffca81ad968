import type { Playlist, Rendition, Variant } from './playlist.ts';

/** Codecs (RFC 6381) that every browser plays from an MP4: H.264, AAC, MP3. */
const playedEverywhere = /^(avc[13]|mp4a)\b/;

/**
 * A master playlist's streams, the one to be taken first: those that every browser plays come before those in another codec
 * or with high dynamic range; among these the largest picture, then the highest bit rate. A stream that does not tell its
 * codecs counts as playable, one without a picture comes last.
 */
export function rankVariants(variants: readonly Variant[]): Variant[] {
  return [...variants].sort(
    (left, right) =>
      Number(isPlayedEverywhere(right)) - Number(isPlayedEverywhere(left)) ||
      right.pixels - left.pixels ||
      right.bitrate - left.bitrate,
  );
}

function isPlayedEverywhere({ codecs, highDynamicRange }: Variant): boolean {
  return !highDynamicRange && codecs.every((codec) => playedEverywhere.test(codec));
}

/** The best stream whose size, as its bit rate tells it, is within the limit; the smallest when none is. */
export function fittingVariant(
  ranked: readonly Variant[],
  durationS: number,
  maxBytes: number,
): Variant | undefined {
  const fitting = ranked.find(({ bitrate }) => (bitrate / 8) * durationS <= maxBytes);
  return fitting ?? [...ranked].sort((left, right) => left.bitrate - right.bitrate)[0];
}

/** The sound that belongs to a stream; null when it is in the stream's own segments. */
export function audioOf({ renditions }: Playlist, { audioGroup }: Variant): Rendition | null {
  const group = renditions.filter(({ type, group }) => type === 'AUDIO' && group === audioGroup);
  return (
    group.find(({ isDefault }) => isDefault) ?? group.find(({ autoselect }) => autoselect) ?? group[0] ?? null
  );
}

/** The subtitles that belong to a stream. */
export function subtitlesOf({ renditions }: Playlist, { subtitleGroup }: Variant): Rendition[] {
  return renditions.filter(({ type, group }) => type === 'SUBTITLES' && group === subtitleGroup);
}
