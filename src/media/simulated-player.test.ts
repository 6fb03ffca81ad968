import { readdir } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Faults, type Simulator, startSimulator } from '../../simulator/main.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { createGuardedFetch } from '../http/guarded-fetch.ts';
import { type RemuxedVideo, remuxHls } from './hls.ts';

const encryptedVideo = '/courses/510001/lectures/930011/videos';

async function setUp(faults: Partial<Faults>) {
  const simulator = await startSimulator({ port: 0, faults });
  const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
  const tmpDir = await temporaryFolder();
  onTestFinished(async () => {
    await simulator.stop();
    await http.close();
  });
  const masterUrl = await freshUrl(simulator);
  const remux = (headers: Record<string, string> = {}): Promise<RemuxedVideo> =>
    remuxHls({ masterUrl, headers, http, tmpDir, maxBytes: 10_000_000 });
  return { simulator, remux, tmpDir };
}

/** The signed address of a video, as a call of the API gives it. */
async function freshUrl(simulator: Simulator): Promise<string> {
  const get = async (path: string) => {
    const response = await fetch(`${simulator.apiUrl}${path}`, { headers: { apiKey: 'sim-key' } });
    return await response.json();
  };
  const { lecture } = await get('/courses/510001/lectures/930011');
  const attachment = lecture.attachments.find(({ kind }: { kind: string }) => kind === 'video');
  const { video } = await get(`${encryptedVideo}/${attachment.id}`);
  return video.video_asset.url;
}

describe('remuxHls from the simulated player', () => {
  it('sends the wanted headers with playlists, segments and keys', async () => {
    const { remux } = await setUp({ videoReferer: 'required' });

    expect(await remux({ referer: 'https://player.hotmart.com/' })).toMatchObject({
      width: 640,
      height: 360,
    });
    await expect(remux()).rejects.toMatchObject({ code: 'VIDEO_URL_EXPIRED' });
  });

  it('gives the same bytes with and without ranges, and through cuts and resets', async () => {
    const hashes = new Set<string>();
    for (const faults of [
      {},
      { assetNoRanges: 'always' },
      { assetCut: 'call:4' },
      { assetReset: 'call:5' },
    ]) {
      const { remux } = await setUp(faults);
      hashes.add((await remux()).sha256);
    }

    expect(hashes.size).toBe(1);
  });

  it('asks for a fresh address when the signature has expired', async () => {
    const { remux, tmpDir } = await setUp({ videoTokenTtlMs: 0 });

    await expect(remux()).rejects.toMatchObject({ code: 'VIDEO_URL_EXPIRED', retry: 'later' });
    expect(await readdir(tmpDir)).toEqual([]);
  });
});
