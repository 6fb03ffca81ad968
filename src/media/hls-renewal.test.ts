import { readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { lakeSegments, mediaPlaylist, serveStream } from '../../tests/support/hls.ts';
import { remuxHls } from './hls.ts';

const segments = await lakeSegments();
const names = segments.map((_, n) => `seg-${n}.ts`);

/** A server that takes each signature for some segments only, and a source that gives the next one. */
async function setUp({
  segmentsPerToken,
  change,
}: {
  segmentsPerToken: number;
  change?: (token: number) => boolean;
}) {
  const served: string[] = [];
  let used = 0;
  let current = 0;
  let asked = 0;
  const tokenOf = (request: IncomingMessage) =>
    Number(new URL(request.url ?? '', 'http://x').searchParams.get('token'));
  const list = (token: number) =>
    mediaPlaylist(
      ...names.flatMap((name, n) =>
        n === 3 && change?.(token) ? [] : [`#EXTINF:2,\n${name}?token=${token}`],
      ),
    );
  const options = await serveStream(Object.fromEntries(names.map((name, n) => [name, segments[n] ?? ''])), {
    fault(request, response, path) {
      if (tokenOf(request) !== current) return Boolean(response.writeHead(403).end());
      if (path === 'index.m3u8') return Boolean(response.end(list(current)));
      if (used === segmentsPerToken) return Boolean(response.writeHead(403).end());
      used++;
      served.push(path);
      return false;
    },
  });
  const freshUrl = async () => {
    asked++;
    current++;
    used = 0;
    return `${options.masterUrl}?token=${current}`;
  };
  const masterUrl = `${options.masterUrl}?token=0`;
  return { options: { ...options, masterUrl, freshUrl }, served, asked: () => asked };
}

describe('remuxHls of a stream whose signature expires', () => {
  it('goes on at the same segment with a fresh one, and gives the same bytes', async () => {
    const undisturbed = await setUp({ segmentsPerToken: 100 });
    const expiring = await setUp({ segmentsPerToken: 1 });

    const [expected, video] = [await remuxHls(undisturbed.options), await remuxHls(expiring.options)];

    expect(video.sha256).toBe(expected.sha256);
    expect(expiring.served).toEqual(names);
    expect([undisturbed.asked(), expiring.asked()]).toEqual([0, 3]);
  });

  it('gives up when a fresh one opens nothing', async () => {
    const { options, asked } = await setUp({ segmentsPerToken: 0 });

    await expect(remuxHls(options)).rejects.toMatchObject({ code: 'VIDEO_URL_EXPIRED', retry: 'later' });

    expect(asked()).toBe(1);
    expect(await readdir(options.tmpDir)).toEqual([]);
  });

  it('begins again later when the fresh address has another video', async () => {
    const { options } = await setUp({ segmentsPerToken: 2, change: (token) => token > 0 });

    await expect(remuxHls(options)).rejects.toMatchObject({
      code: 'VIDEO_URL_EXPIRED',
      message: expect.stringContaining('another one'),
    });
  });
});
