import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lakeSegments, mediaPlaylist, serveStream } from '../../tests/support/hls.ts';
import { readHlsSubtitles } from './subtitles.ts';
import { parseWebVtt, writeWebVtt } from './web-vtt.ts';

const segments = await lakeSegments();
/** First stamp of `lake`. */
const firstTick = 1.4567777777777777 * 90_000;

/** The subtitles of a video with these segments of text. */
async function read(...texts: readonly string[]) {
  const failures: string[] = [];
  const options = await serveStream({
    'index.m3u8': [
      '#EXTM3U',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Deutsch",LANGUAGE="de",URI="text.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Lost",LANGUAGE="fr",URI="lost.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="t"',
      'video.m3u8',
    ].join('\n'),
    'video.m3u8': mediaPlaylist('#EXTINF:2,', 'seg-0.ts'),
    'seg-0.ts': segments[0] ?? '',
    'text.m3u8': mediaPlaylist(...texts.map((_, n) => `#EXTINF:2,\ntext-${n}.vtt`)),
    ...Object.fromEntries(texts.map((text, n) => [`text-${n}.vtt`, text])),
  });
  const subtitles = await readHlsSubtitles(options, (label) => failures.push(label));
  return { subtitles, failures };
}

describe('subtitles of a stream', () => {
  it('become one file a language, each cue once, and one that is lost is told', async () => {
    const { subtitles, failures } = await read(
      'WEBVTT\n\nNOTE nobody reads this\n\n7\n00:01.000 --> 00:03.000 line:0\n<i>Two</i>\nlines\n',
      '\uFEFFWEBVTT - a title\r\n\r\n00:00:01.000 --> 00:00:03.000 line:0\r\n<i>Two</i>\r\nlines\r\n\r\n1:00:00.500 --> 1:00:01.000\r\nLate\r\n',
    );

    expect(subtitles).toEqual([
      {
        label: 'Deutsch',
        language: 'de',
        text: 'WEBVTT\n\n00:00:01.000 --> 00:00:03.000 line:0\n<i>Two</i>\nlines\n\n01:00:00.500 --> 01:00:01.000\nLate\n',
      },
    ]);
    expect(failures).toEqual(['Lost']);
  });

  it.each([
    ['ties to the stamps of the picture', firstTick + 10 * 90_000, '00:00:00.000'],
    ['ties to them at another time of the file', firstTick + 12 * 90_000, '00:00:02.000'],
    ['ties to stamps that began again', firstTick + 10 * 90_000 + 2 ** 33, '00:00:00.000'],
  ])('are shown when their time map %s', async (_how, ticks, local) => {
    const map = `X-TIMESTAMP-MAP=LOCAL:${local},MPEGTS:${Math.round(ticks)}`;

    const { subtitles } = await read(`WEBVTT\n${map}\n\n00:01.000 --> 00:02.000\nHello\n`);

    expect(subtitles[0]?.text).toBe('WEBVTT\n\n00:00:11.000 --> 00:00:12.000\nHello\n');
  });

  it('that are something else are told, and the video is none the worse', async () => {
    const { subtitles, failures } = await read('<!doctype html><title>Sign in</title>');

    expect(subtitles).toEqual([]);
    expect(failures).toEqual(['Deutsch', 'Lost']);
  });

  it('are read as they were written, whatever their times', () => {
    const ms = fc.integer({ min: 0, max: 400_000_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(ms, ms)), (times) => {
        const cues = times.map(([from, length]) => ({
          startS: from / 1000,
          endS: (from + length) / 1000,
          settings: '',
          text: 'a',
        }));
        expect(parseWebVtt(writeWebVtt(cues)).cues).toEqual(cues);
      }),
    );
  });
});
