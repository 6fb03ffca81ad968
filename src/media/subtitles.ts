import { isAppError } from '../errors/app-error.ts';
import { chunks } from '../lib/chunks.ts';
import { asVideo } from './hls.ts';
import { HlsStream, type StreamOptions } from './hls-stream.ts';
import type { Rendition } from './playlist.ts';
import { StreamClock, ticksPerSecond } from './segments.ts';
import { type Cue, parseWebVtt, type TimestampMap, writeWebVtt } from './web-vtt.ts';

/** Subtitles of a video as one WebVTT file. */
export interface Subtitles {
  /** What a person chooses by. */
  readonly label: string;
  /** BCP 47, or null when the stream does not tell. */
  readonly language: string | null;
  readonly text: string;
}

const requestsAtOnce = 8;

/** Of one language; hours of talk have a few hundred kilobytes. */
const mostCharacters = 16 * 1024 * 1024;

/** Stamps have 33 bits and begin again behind them. */
const wrapS = 2 ** 33 / ticksPerSecond;

/**
 * Reads the subtitles of a stream, each language whole, in the time of the video.
 *
 * @param onFailure hears of a language that could not be read; the others are not lost with it
 * @throws AppError what `remuxHls` throws when the stream cannot be opened. An abort throws the signal's reason.
 */
export function readHlsSubtitles(
  options: StreamOptions,
  onFailure: (label: string, error: unknown) => void,
): Promise<Subtitles[]> {
  return asVideo(options, async () => readSubtitles(await HlsStream.open(options), options, onFailure));
}

async function readSubtitles(
  stream: HlsStream,
  { signal, masterUrl }: StreamOptions,
  onFailure: (label: string, error: unknown) => void,
): Promise<Subtitles[]> {
  const clock = new StreamClock(stream);
  const all: Subtitles[] = [];
  for (const [index, rendition] of stream.subtitles.entries()) {
    const label = rendition.name || rendition.language || `Subtitles ${index + 1}`;
    try {
      const cues = await asVideo({ masterUrl, signal }, () => readCues(stream, index, clock));
      if (cues.length > 0) all.push({ label, language: languageOf(rendition), text: writeWebVtt(cues) });
    } catch (error) {
      signal?.throwIfAborted();
      if (isAppError(error, 'VIDEO_URL_EXPIRED')) throw error;
      onFailure(label, error);
    }
  }
  return all;
}

/** In order, each once: a cue that outlasts its segment is repeated in the next one. */
async function readCues(stream: HlsStream, index: number, clock: StreamClock): Promise<Cue[]> {
  const cues = new Map<string, Cue>();
  const segments = (await stream.segments(index)).map((segment, position) => ({ ...segment, position }));
  let characters = 0;
  for (const part of chunks(segments, requestsAtOnce)) {
    const texts = await Promise.all(part.map(({ position }) => stream.readSegment(index, position)));
    for (const [n, { timeline }] of part.entries()) {
      const text = texts[n]?.toString() ?? '';
      characters += text.length;
      if (characters > mostCharacters) throw new Error('its subtitles are too long');
      const { map, cues: found } = parseWebVtt(text);
      const shiftS = map ? await shiftOf(map, timeline, clock) : 0;
      for (const cue of found) {
        const moved = { ...cue, startS: Math.max(0, cue.startS + shiftS), endS: cue.endS + shiftS };
        const key = `${moved.startS.toFixed(3)} ${moved.endS.toFixed(3)} ${moved.text}`;
        if (moved.endS > moved.startS && !cues.has(key)) cues.set(key, moved);
      }
    }
  }
  return [...cues.values()].sort((left, right) => left.startS - right.startS || left.endS - right.endS);
}

/**
 * What turns a segment's times into those of the video (RFC 8216 §3.5). Without a map they count from the beginning of the
 * video, as players take it, although the RFC would tie them to stamp 0.
 */
async function shiftOf(map: TimestampMap, timeline: number, clock: StreamClock): Promise<number> {
  const stampS = map.ticks / ticksPerSecond + (await clock.offsetOf(timeline));
  return stampS - Math.round(stampS / wrapS) * wrapS - map.localS;
}

function languageOf({ language }: Rendition): string | null {
  return language !== null && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language) ? language : null;
}
