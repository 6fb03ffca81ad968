import { ALL_FORMATS, EncodedPacketSink, HLS_FORMATS, Input, UrlSource } from 'mediabunny';
import { fetch as undiciFetch } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../main.ts';
import { fetchBytes, getJson, loopback, startTestSimulator } from '../test-client.ts';

const clear = '/courses/510001/lectures/930001/videos/7700021';
const encrypted = '/courses/510001/lectures/930011/videos/7700221';

async function showVideo(simulator: Simulator, path: string) {
  const { body } = await getJson(simulator, path);
  return { url: String(body.video.video_asset.url), poster: String(body.video.url_thumbnail) };
}

/** First line of a playlist that is no comment, resolved against the playlist's own URL. */
function firstEntry(playlist: Buffer, url: string): string {
  const line = /^[^#\n].*$/m.exec(playlist.toString())?.[0] ?? '';
  return new URL(line, url).href;
}

/** undici's fetch and the global one differ in types only. */
const fetchOnLoopback = ((input: string, init: RequestInit) =>
  undiciFetch(input, { ...(init as object), dispatcher: loopback })) as unknown as typeof fetch;

describe('streams', () => {
  it.each([
    ['clear', clear, 8],
    ['encrypted with AES-128', encrypted, 6],
  ])('that are %s can be read to their end by a player', async (_, path, seconds) => {
    const simulator = await startTestSimulator();
    const { url } = await showVideo(simulator, path);
    const source = new UrlSource(url, {
      fetchFn: (input, init) =>
        fetchOnLoopback(String(input instanceof Request ? input.url : input), init ?? {}),
    });
    const input = new Input({ formats: [...HLS_FORMATS, ...ALL_FORMATS], source });

    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    const sizes = [];
    if (video === null || audio === null) throw new Error('A track is missing');
    for await (const packet of new EncodedPacketSink(video).packets()) sizes.push(packet.data.byteLength);

    expect([await video.getCodec(), await audio.getCodec()]).toEqual(['avc', 'aac']);
    expect(sizes.length).toBe(seconds * 25);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    input.dispose();
  });

  it('get another signature with each call', async () => {
    const simulator = await startTestSimulator();

    const [first, second] = [await showVideo(simulator, clear), await showVideo(simulator, clear)];

    expect(first.url).not.toBe(second.url);
    expect(first.url).toMatch(
      /^http:\/\/vod-akm\.play\.hotmart\.com\.localhost:\d+\/video\/\w+\/hls\/master-pkg-t-\d+\.m3u8\?hdnts=st%3D\d+%7Eexp%3D\d+%7Ehmac%3D[0-9a-f]{64}&app=[0-9a-f-]{36}$/,
    );
  });

  it('are forbidden after their time, at every level', async () => {
    let now = Date.parse('2026-11-01T00:00:00Z');
    const simulator = await startTestSimulator({ now: () => now });
    const { url, poster } = await showVideo(simulator, encrypted);
    const master = await fetchBytes(url);
    const rendition = firstEntry(master.body, url);
    const segment = firstEntry((await fetchBytes(rendition)).body, rendition);
    const all = [url, rendition, segment, poster];
    const statuses = () => Promise.all(all.map(async (one) => (await fetchBytes(one)).status));

    now += 499_000;
    const before = await statuses();
    now += 1_000;
    const after = await statuses();

    expect(before).toEqual([200, 200, 200, 200]);
    expect(after).toEqual([403, 403, 403, 403]);
  });

  it('live as long as the switch says, and need no token below the master when that is off', async () => {
    let now = Date.parse('2026-11-01T00:00:00Z');
    const simulator = await startTestSimulator({
      now: () => now,
      faults: { videoTokenTtlMs: 2_000, videoTokenScope: 'master' },
    });
    const { url } = await showVideo(simulator, clear);
    const rendition = firstEntry((await fetchBytes(url)).body, url);

    now += 2_000;

    expect(rendition).not.toContain('?');
    expect((await fetchBytes(url)).status).toBe(403);
    expect((await fetchBytes(rendition)).status).toBe(200);
  });

  it('are forbidden with a token of another video, a changed one, or none', async () => {
    const simulator = await startTestSimulator();
    const { url } = await showVideo(simulator, clear);
    const other = await showVideo(simulator, encrypted);
    const exp = /exp%3D(\d+)/.exec(url)?.[1] ?? '';

    const statuses = await Promise.all(
      [
        `${url.split('?')[0]}?${other.url.split('?')[1]}`,
        url.replace(`exp%3D${exp}`, `exp%3D${Number(exp) + 1}`),
        url.replace(/\?.*/, ''),
      ].map(async (wrong) => (await fetchBytes(wrong)).status),
    );

    expect(statuses).toEqual([403, 403, 403]);
  });

  it('ask for the Referer of the player when told to', async () => {
    const simulator = await startTestSimulator({ faults: { videoReferer: 'required' } });
    const { url } = await showVideo(simulator, clear);

    expect((await fetchBytes(url)).status).toBe(403);
    const headers = { referer: 'https://player.hotmart.com/' };
    expect((await fetchBytes(url, { headers })).status).toBe(200);
  });

  it('do not lead out of their folder', async () => {
    const simulator = await startTestSimulator();
    const { url } = await showVideo(simulator, clear);

    const outside = url.replace(/hls\/[^?]+/, 'hls/..%2f..%2fcover.jpg');

    expect((await fetchBytes(outside)).status).toBe(404);
  });
});
