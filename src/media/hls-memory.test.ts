import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { lakeSegments, mediaPlaylist, serveStream } from '../../tests/support/hls.ts';
import { remuxHls } from './hls.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const mebibyte = 1024 * 1024;

/** What is in use after a collection, sampled on the way through a video that repeats the same four segments. */
async function usedBytes(repeats: number): Promise<{ early: number; late: number; bytes: number }> {
  const segments = await lakeSegments();
  const names = segments.map((_, n) => `seg-${n}.ts`);
  const block = ['#EXT-X-DISCONTINUITY', ...names.map((name) => `#EXTINF:2,\n${name}`)];
  const samples: number[] = [];
  let round = 0;
  const options = await serveStream(
    {
      ...Object.fromEntries(names.map((name, n) => [name, segments[n] ?? ''])),
      'index.m3u8': mediaPlaylist(...Array.from({ length: repeats }, () => block).flat()),
    },
    {
      fault(_request, _response, path) {
        if (path !== 'seg-0.ts') return false;
        round++;
        if (round < 5 || (round > 8 && round < repeats - 3)) return false;
        collectGarbage();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        samples.push(heapUsed + arrayBuffers);
        return false;
      },
    },
  );
  const { bytes, durationMs } = await remuxHls(options);
  expect(Math.round((durationMs ?? 0) / 1000 / repeats)).toBe(8);
  // What a collection has not reached yet only ever adds: the least of several samples is what is in use.
  return { early: Math.min(...samples.slice(0, 4)), late: Math.min(...samples.slice(-4)), bytes };
}

/** What the muxer keeps of each frame until it writes the index: its stamps, size and kind. */
const indexBytesPerFrame = 256;
/** Of `lake`: 25 of picture and about 43 of sound. */
const framesPerSecond = 68;

it('memory holds the index of a long stream, and nothing of its media', {
  timeout: 600_000,
}, async () => {
  // 900 are two hours: HLS_REPEATS=900 npx vitest run src/media/hls-memory.test.ts
  const repeats = Number(process.env.HLS_REPEATS ?? 50);

  const { early, late, bytes } = await usedBytes(repeats);

  const indexBytes = repeats * 8 * framesPerSecond * indexBytesPerFrame;
  expect(bytes).toBeGreaterThan(8 * mebibyte);
  expect(late - early).toBeLessThan(indexBytes);
});
