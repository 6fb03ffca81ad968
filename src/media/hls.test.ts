import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { createGuardedFetch } from '../http/guarded-fetch.ts';
import { type RemuxOptions, remuxHls } from './hls.ts';

const streams = join(import.meta.dirname, '../../simulator/content/media/hls');

/** Answers a request itself and returns true, or leaves it to the server of the streams. */
type Fault = (path: string, response: ServerResponse, count: number) => boolean;

async function setUp(fault: Fault = () => false, options: Partial<RemuxOptions> = {}) {
  const paths: string[] = [];
  const port = await serveHttp(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    paths.push(path);
    response.on('error', () => {});
    if (fault(path, response, paths.filter((known) => known === path).length)) return;
    const bytes = await readFile(join(streams, path.replace(/\.ts$/, '.mpegts'))).catch(() => null);
    if (bytes) response.end(bytes);
    else response.writeHead(404).end();
  });
  const host = `127.0.0.1:${port}`;
  const http = createGuardedFetch({ allowedPrivateHosts: [host], userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const tmpDir = await temporaryFolder();
  const remux = (stream: string) =>
    remuxHls({
      masterUrl: `http://${host}/${stream}?hdnts=secret`,
      http,
      tmpDir,
      maxBytes: 50_000_000,
      ...options,
    });
  return { remux, tmpDir, paths };
}

/** The types of an MP4's outer boxes, in order. */
function boxesOf(bytes: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    types.push(bytes.toString('latin1', at + 4, at + 8));
  return types;
}

describe('remuxHls', () => {
  it.each([
    ['plain', 'lake/master.m3u8', 8_000],
    ['AES-128 encrypted', 'pear/master.m3u8', 6_000],
  ])(
    'makes of a %s stream one MP4 in its best quality that plays from the start',
    async (_kind, stream, durationMs) => {
      const { remux, tmpDir } = await setUp();

      const video = await remux(stream);

      const bytes = await readFile(video.path);
      expect(video).toMatchObject({ bytes: bytes.length, width: 640, height: 360, contentType: 'video/mp4' });
      expect(Math.abs((video.durationMs ?? 0) - durationMs)).toBeLessThan(200);
      expect(video.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(boxesOf(bytes)).toEqual(['ftyp', 'moov', 'mdat']);
      expect(await readdir(tmpDir)).toHaveLength(1);
    },
  );

  it('gives the same bytes each time, also when a transfer breaks on the way', async () => {
    const segment = await readFile(join(streams, 'lake/360/seg-2.mpegts'));
    const { remux, paths } = await setUp((path, response, count) => {
      if (path !== '/lake/360/seg-2.ts' || count > 1) return false;
      response.writeHead(200, { 'content-length': segment.length });
      response.write(segment.subarray(0, 20_000), () => response.destroy());
      return true;
    });
    const undisturbed = await setUp();

    const first = await remux('lake/master.m3u8');
    const second = await undisturbed.remux('lake/master.m3u8');

    expect(paths.filter((path) => path === '/lake/360/seg-2.ts').length).toBeGreaterThan(1);
    expect(first.sha256).toBe(second.sha256);
  });

  it.each(['/lake/master.m3u8', '/lake/360/index.m3u8', '/lake/360/seg-3.ts'])(
    'asks for a fresh address when %s is refused',
    async (refused) => {
      const { remux, tmpDir } = await setUp((path, response) => {
        if (path !== refused) return false;
        response.writeHead(403).end();
        return true;
      });

      const error = await remux('lake/master.m3u8').catch((caught: unknown) => caught);

      expect(error).toMatchObject({ code: 'VIDEO_URL_EXPIRED', retry: 'later' });
      expect(JSON.stringify(error) + String(error)).not.toContain('secret');
      expect(await readdir(tmpDir)).toEqual([]);
    },
  );

  it('keeps off a server that asks for a pause, then goes on where it was', async () => {
    const askedAtMs: number[] = [];
    const { remux, paths } = await setUp((path, response, count) => {
      if (path !== '/lake/360/seg-2.ts') return false;
      askedAtMs.push(performance.now());
      if (count > 1) return false;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    });
    const undisturbed = await setUp();

    const video = await remux('lake/master.m3u8');

    expect(video.sha256).toBe((await undisturbed.remux('lake/master.m3u8')).sha256);
    expect(paths).toHaveLength(undisturbed.paths.length + 1);
    const [refused = 0, again = 0] = askedAtMs;
    expect(again - refused).toBeGreaterThan(950);
  });

  it('gives up on a part that is gone, and tries later when a server stays broken', async () => {
    for (const [status, code, retry] of [
      [404, 'ASSET_GONE', 'never'],
      [503, 'ASSET_UNAVAILABLE', 'later'],
    ] as const) {
      const { remux, tmpDir, paths } = await setUp((path, response) => {
        if (!path.endsWith('seg-1.ts')) return false;
        response.writeHead(status).end();
        return true;
      });

      await expect(remux('lake/master.m3u8')).rejects.toMatchObject({ code, retry });

      expect(paths.length).toBeLessThan(20);
      expect(await readdir(tmpDir)).toEqual([]);
    }
  });

  it.each([
    ['a page', '<!doctype html><title>Sign in</title>'],
    ['an empty answer', ''],
    ['a playlist without streams', '#EXTM3U\n'],
    ['a broken playlist', '#EXTM3U\n#EXTINF:abc,\nseg-0.ts\n#EXT-X-ENDLIST\n'],
    [
      'an unknown encryption',
      '#EXTM3U\n#EXT-X-KEY:METHOD=ROT13,URI="k"\n#EXTINF:2,\nseg-0.ts\n#EXT-X-ENDLIST\n',
    ],
    ['noise', '\u0000\u0001\u0002\u0003'.repeat(1_000)],
  ])('refuses %s in place of a playlist', async (_what, content) => {
    const { remux, tmpDir } = await setUp((path, response) => {
      if (path !== '/lake/master.m3u8') return false;
      response.end(content);
      return true;
    });

    await expect(remux('lake/master.m3u8')).rejects.toMatchObject({
      code: 'VIDEO_UNREADABLE',
      retry: 'never',
    });
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('refuses a live stream, which has no end to wait for', async () => {
    const { remux } = await setUp((path, response) => {
      if (path !== '/lake/360/live.m3u8') return false;
      response.end('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg-0.ts\n#EXTINF:2,\nseg-1.ts\n');
      return true;
    });

    await expect(remux('lake/360/live.m3u8')).rejects.toMatchObject({
      code: 'VIDEO_UNREADABLE',
      message: expect.stringContaining('live stream'),
    });
  });

  it('refuses a playlist that points into the private network', async () => {
    const { remux } = await setUp((path, response) => {
      if (path !== '/lake/master.m3u8') return false;
      response.end('#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:9/seg-0.ts\n#EXT-X-ENDLIST\n');
      return true;
    });

    await expect(remux('lake/master.m3u8')).rejects.toMatchObject({
      code: 'HOST_NOT_ALLOWED',
      retry: 'never',
    });
  });

  it('stops at the size limit and at a full disk', async () => {
    const small = await setUp(() => false, { maxBytes: 50_000 });
    const full = await setUp(() => false, { readFreeBytes: async () => 1_000 });

    await expect(small.remux('lake/master.m3u8')).rejects.toMatchObject({
      code: 'ASSET_TOO_LARGE',
      retry: 'never',
    });
    await expect(full.remux('lake/master.m3u8')).rejects.toMatchObject({ code: 'DISK_FULL', retry: 'later' });
    expect([...(await readdir(small.tmpDir)), ...(await readdir(full.tmpDir))]).toEqual([]);
  });

  it('stops at once when the import is cancelled', async () => {
    const cancelled = new Error('cancelled');
    const controller = new AbortController();
    const { remux, tmpDir } = await setUp(
      (path) => {
        if (!path.endsWith('seg-1.ts')) return false;
        controller.abort(cancelled);
        return true;
      },
      { signal: controller.signal },
    );

    await expect(remux('lake/master.m3u8')).rejects.toBe(cancelled);
    expect(await readdir(tmpDir)).toEqual([]);
  });
});
