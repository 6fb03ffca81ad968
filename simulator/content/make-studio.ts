import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toFragments, toPackedAudio } from './fragments.ts';

/*
 * Makes the stream `studio` of the committed stream `lake`: the picture in byte ranges of one fragmented MP4, with a
 * discontinuity behind which its stamps begin again; the sound as packed audio of its own; subtitles in two languages.
 */

const streams = join(import.meta.dirname, 'media/hls');
const folder = join(streams, 'studio');
/** Segments of `lake`, two seconds each; the last two come a second time. */
const order = [0, 1, 2, 3, 0, 1];
const breakBefore = 4;

const segments = await Promise.all(
  [0, 1, 2, 3].map((n) => readFile(join(streams, `lake/360/seg-${n}.mpegts`))),
);
const header = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-TARGETDURATION:2', '#EXT-X-PLAYLIST-TYPE:VOD'];
const media = (lines: (n: number, index: number) => string[]) =>
  order.flatMap((n, index) => [
    ...(index === breakBefore ? ['#EXT-X-DISCONTINUITY'] : []),
    ...lines(n, index),
  ]);

async function write(path: string, content: Buffer | readonly string[]): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content instanceof Buffer ? content : `${content.join('\n')}\n`);
}

await rm(folder, { recursive: true, force: true });

const { init, fragments } = await toFragments(segments, 'video');
await write('picture/all.mp4', Buffer.concat([init, ...order.map((n) => fragments[n] ?? init)]));
await write('picture/index.m3u8', [
  ...header,
  `#EXT-X-MAP:URI="all.mp4",BYTERANGE="${init.length}@0"`,
  ...media((n, index) => {
    const start = index === 0 ? `@${init.length}` : '';
    return [`#EXTINF:2.000000,`, `#EXT-X-BYTERANGE:${fragments[n]?.length}${start}`, 'all.mp4'];
  }),
  '#EXT-X-ENDLIST',
]);

for (const [n, segment] of segments.entries())
  await write(`sound/seg-${n}.aac`, await toPackedAudio(segment));
await write('sound/index.m3u8', [
  ...header,
  ...media((n) => ['#EXTINF:2.000000,', `seg-${n}.aac`]),
  '#EXT-X-ENDLIST',
]);

/** Seconds in the video, and what is said; the second one is in two segments. */
const cues = {
  en: [
    [0.5, 1.5, 'Wet the whole sheet.'],
    [3.5, 4.5, 'Let the colour run.'],
    [9, 10, 'Once more, from the start.'],
  ],
  de: [
    [0.5, 1.5, 'Das ganze Blatt nass machen.'],
    [3.5, 4.5, 'Die Farbe laufen lassen.'],
    [9, 10, 'Noch einmal von vorn.'],
  ],
} as const;
/** First stamp of the picture in `lake`. */
const firstTick = Math.round(1.48 * 90_000);
const time = (seconds: number) => `00:00:${seconds.toFixed(3).padStart(6, '0')}`;
const inSegment = (from: number, until: number) => (cue: readonly [number, number, string]) =>
  cue[0] < until && cue[1] > from;

for (const [language, lines] of Object.entries(cues)) {
  for (const n of [0, 1, 2]) {
    const isRepeat = n === 2;
    // Cue times count from the beginning of the timeline, which the map ties to the picture's clock.
    const shift = isRepeat ? 8 : 0;
    await write(`text/${language}-${n}.vtt`, [
      'WEBVTT',
      `X-TIMESTAMP-MAP=MPEGTS:${firstTick},LOCAL:00:00:00.000`,
      '',
      ...lines
        .filter(inSegment(n * 4, n * 4 + 4))
        .flatMap(([from, until, text]) => [`${time(from - shift)} --> ${time(until - shift)}`, text, '']),
    ]);
  }
  await write(`text/${language}.m3u8`, [
    ...header,
    ...[0, 1, 2].flatMap((n) => [
      ...(n === 2 ? ['#EXT-X-DISCONTINUITY'] : []),
      '#EXTINF:4.000000,',
      `${language}-${n}.vtt`,
    ]),
    '#EXT-X-ENDLIST',
  ]);
}

await write('master.m3u8', [
  '#EXTM3U',
  '#EXT-X-VERSION:6',
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,URI="sound/index.m3u8"',
  '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="text/en.m3u8"',
  '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Deutsch",LANGUAGE="de",AUTOSELECT=YES,URI="text/de.m3u8"',
  '#EXT-X-STREAM-INF:BANDWIDTH=420000,RESOLUTION=640x360,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="sound",SUBTITLES="text"',
  'picture/index.m3u8',
]);
