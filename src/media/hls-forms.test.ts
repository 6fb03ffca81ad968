import { createCipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toFragments } from '../../simulator/content/fragments.ts';
import {
  type Files,
  lakeSegments,
  mediaPlaylist,
  serveStream,
  streamsFolder,
} from '../../tests/support/hls.ts';
import { type RemuxedVideo, remuxHls } from './hls.ts';
import { EncodedPacketSink, FilePathSource, Input, MP4 } from './mediabunny.ts';

const segments = await lakeSegments();
const names = segments.map((_, n) => `seg-${n}.ts`);
const plainFiles: Files = Object.fromEntries(names.map((name, n) => [name, segments[n] ?? '']));
const listed = names.map((name) => `#EXTINF:2,\n${name}`);
const plain: Files = { ...plainFiles, 'index.m3u8': mediaPlaylist(...listed) };

async function remux(files: Files, server: Parameters<typeof serveStream>[1] = {}): Promise<RemuxedVideo> {
  return remuxHls(await serveStream(files, server));
}

/** When each frame of picture and sound begins, in ms. */
async function stampsOf({ path }: RemuxedVideo): Promise<{ video: number[]; audio: number[] }> {
  const input = new Input({ formats: [MP4], source: new FilePathSource(path) });
  const stamps = { video: [] as number[], audio: [] as number[] };
  for (const track of await input.getTracks()) {
    if (track.type === 'subtitle') continue;
    for await (const { timestamp } of new EncodedPacketSink(track).packets())
      stamps[track.type].push(Math.round(timestamp * 1000));
  }
  input.dispose();
  return stamps;
}

function encrypt(bytes: Buffer | undefined, key: Buffer, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(bytes ?? ''), cipher.final()]);
}

function sequenceIv(sequence: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(sequence, 12);
  return iv;
}

const keys = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)] as const;
const explicitIv = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

describe('remuxHls makes the same video of', () => {
  const whole = Buffer.concat(segments);
  const ranges = mediaPlaylist(
    ...segments.flatMap(({ length }, n) => [
      '#EXTINF:2,',
      `#EXT-X-BYTERANGE:${length}${n === 0 ? '@0' : ''}`,
      'all.ts',
    ]),
  );

  it.each<[string, Files, { ranges?: boolean }]>([
    ['byte ranges that follow each other', { 'index.m3u8': ranges, 'all.ts': whole }, {}],
    [
      'byte ranges on a server that ignores them',
      { 'index.m3u8': ranges, 'all.ts': whole },
      { ranges: false },
    ],
    [
      'segments with keys that change, IVs that are given or counted, and none',
      {
        'index.m3u8': mediaPlaylist(
          '#EXT-X-MEDIA-SEQUENCE:4294967290',
          `#EXT-X-KEY:METHOD=AES-128,URI="key-0",IV=0x${explicitIv.toString('hex')}`,
          ...listed.slice(0, 1),
          '#EXT-X-KEY:METHOD=AES-128,URI="key-1"',
          ...listed.slice(1, 3),
          '#EXT-X-KEY:METHOD=NONE',
          ...listed.slice(3),
        ),
        'key-0': keys[0],
        'key-1': keys[1],
        'seg-0.ts': encrypt(segments[0], keys[0], explicitIv),
        'seg-1.ts': encrypt(segments[1], keys[1], sequenceIv(4294967291)),
        'seg-2.ts': encrypt(segments[2], keys[1], sequenceIv(4294967292)),
        'seg-3.ts': segments[3] ?? '',
      },
      {},
    ],
    [
      'segments in other folders than their playlist',
      {
        'index.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/b/list.m3u8?x=1\n',
        'a/b/list.m3u8': mediaPlaylist(...names.map((name) => `#EXTINF:2,\n../../c/${name}`)),
        ...Object.fromEntries(names.map((name, n) => [`c/${name}`, segments[n] ?? ''])),
      },
      {},
    ],
  ])('%s', async (_form, files, server) => {
    const [video, reference] = await Promise.all([remux(files, server), remux(plain)]);

    expect(video.sha256).toBe(reference.sha256);
  });

  it('fragmented MP4 with sound of its own, and keeps the two together', async () => {
    const [picture, sound] = await Promise.all([
      toFragments(segments, 'video'),
      toFragments(segments, 'audio'),
    ]);
    const list = (kind: string) =>
      mediaPlaylist(`#EXT-X-MAP:URI="${kind}.init"`, ...names.map((_, n) => `#EXTINF:2,\n${kind}.${n}`));
    const files = Object.fromEntries(
      Object.entries({ picture, sound }).flatMap(([kind, { init, fragments }]) => [
        [`${kind}.m3u8`, list(kind)],
        [`${kind}.init`, init],
        ...fragments.map((fragment, n) => [`${kind}.${n}`, fragment]),
      ]),
    );
    const master = [
      '#EXTM3U',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Comments",URI="nowhere.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Original",DEFAULT=YES,URI="sound.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"',
      'picture.m3u8',
    ].join('\n');

    const [video, reference] = await Promise.all([remux({ ...files, 'index.m3u8': master }), remux(plain)]);

    const [stamps, expected] = await Promise.all([stampsOf(video), stampsOf(reference)]);
    for (const kind of ['video', 'audio'] as const) {
      expect(stamps[kind].length).toBe(expected[kind].length);
      // Its stamps are counted in other units than those of a transport stream.
      const apart = stamps[kind].map((stamp, n) => Math.abs(stamp - (expected[kind][n] ?? 0)));
      expect(Math.max(...apart)).toBeLessThanOrEqual(1);
    }
    expect(video).toMatchObject({ width: 640, height: 360 });
  });
});

describe('remuxHls of stamps that begin again', () => {
  it.each([
    ['behind a discontinuity', '#EXT-X-DISCONTINUITY'],
    ['without a word', '#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00Z'],
  ])('%s counts on', async (_where, line) => {
    const video = await remux({ ...plainFiles, 'index.m3u8': mediaPlaylist(...listed, line, ...listed) });

    const { video: frames, audio } = await stampsOf(video);
    expect(Math.abs((video.durationMs ?? 0) - 16_000)).toBeLessThan(100);
    expect(frames).toHaveLength(400);
    for (const stamps of [frames, audio]) {
      const sorted = [...stamps].sort((left, right) => left - right);
      expect(Math.max(...sorted.slice(1).map((stamp, n) => stamp - (sorted[n] ?? 0)))).toBeLessThan(100);
    }
  });
});

describe('remuxHls chooses', () => {
  const variant = (attributes: string, height: number) =>
    `#EXT-X-STREAM-INF:BANDWIDTH=${height * 1000},RESOLUTION=640x${height}${attributes}\n${height}.m3u8`;
  /** Only this variant's playlist is there. */
  const only = (height: number): Files => ({ ...plainFiles, [`${height}.m3u8`]: mediaPlaylist(...listed) });

  it.each([
    ['the largest picture', 720, ['', '', '']],
    [
      'what every browser plays before a larger picture',
      480,
      [',CODECS="avc1.4d401f,mp4a.40.2"', '', ',CODECS="hvc1.2.4"'],
    ],
    ['ordinary range before high dynamic range', 480, ['', '', ',VIDEO-RANGE=PQ']],
  ])('%s', async (_what, height, [low = '', middle = '', high = '']) => {
    const master = ['#EXTM3U', variant(low, 240), variant(high, 720), variant(middle, 480)].join('\n');

    await expect(remux({ ...only(height), 'index.m3u8': master })).resolves.toMatchObject({ width: 640 });
  });

  it('the largest one that is within the limit', async () => {
    const master = ['#EXTM3U', variant('', 720), variant('', 480), variant('', 240)].join('\n');
    const options = await serveStream({
      ...only(720),
      ...only(480),
      'index.m3u8': master,
      '480.m3u8': mediaPlaylist(...listed.slice(0, 3)),
    });

    // Eight seconds of 720 kbit/s are 720,000 bytes.
    const video = await remuxHls({ ...options, maxBytes: 700_000 });

    expect(Math.round((video.durationMs ?? 0) / 1000)).toBe(6);
  });
});

describe('remuxHls refuses', () => {
  it('parts that are encoded in different ways, which one MP4 could not play', async () => {
    const [large, small] = await Promise.all([
      toFragments(segments.slice(0, 1), 'video'),
      toFragments([await readFile(join(streamsFolder, 'lake/180/seg-0.mpegts'))], 'video'),
    ]);
    const part = (name: string) => `#EXT-X-MAP:URI="${name}.init"\n#EXTINF:2,\n${name}.0`;

    const video = remux({
      'index.m3u8': mediaPlaylist(part('large'), '#EXT-X-DISCONTINUITY', part('small')),
      'large.init': large.init,
      'large.0': large.fragments[0] ?? '',
      'small.init': small.init,
      'small.0': small.fragments[0] ?? '',
    });

    await expect(video).rejects.toMatchObject({
      code: 'VIDEO_UNREADABLE',
      message: expect.stringContaining('different ways'),
    });
  });

  it.each<[string, Files, string]>([
    [
      'a master playlist of itself',
      { 'index.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex.m3u8\n' },
      'lead to each other',
    ],
    [
      'a playlist that is its own segment',
      { 'index.m3u8': mediaPlaylist('#EXTINF:2,\nindex.m3u8') },
      'lists itself',
    ],
    ['a playlist without an end', { 'index.m3u8': '#EXTM3U\n#EXTINF:2,\nseg-0.ts\n' }, 'live stream'],
    [
      'an encryption of single frames',
      { 'index.m3u8': mediaPlaylist('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key"', ...listed) },
      'SAMPLE-AES',
    ],
    [
      'a wrong key',
      { 'index.m3u8': mediaPlaylist('#EXT-X-KEY:METHOD=AES-128,URI="key"', ...listed), key: keys[0] },
      'deciphered',
    ],
  ])('%s, and says so', async (_what, files, message) => {
    await expect(remux({ ...plainFiles, ...files })).rejects.toMatchObject({
      code: 'VIDEO_UNREADABLE',
      retry: 'never',
      message: expect.stringContaining(message),
    });
  });
});
