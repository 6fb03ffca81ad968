import { describe, expect, it, onTestFinished } from 'vitest';
import { type Faults, startSimulator } from '../../simulator/main.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import type { FileKind } from '../db/schema/assets.ts';
import { createGuardedFetch } from '../http/guarded-fetch.ts';
import { type DownloadedAsset, downloadAsset } from './download.ts';
import { identifyAsset } from './identity.ts';

const photo = 'https://uploads.teachablecdn.com/attachments/Ws4washesHandle0000f_three-washes.jpg';
const portrait = 'https://www.filepicker.io/api/file/Pn7portraitHandle00b';

async function setUp(faults: Partial<Faults> = {}) {
  const simulator = await startSimulator({ port: 0, faults });
  const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
  const tmpDir = await temporaryFolder();
  onTestFinished(async () => {
    await simulator.stop();
    await http.close();
  });
  const download = (realUrl: string, expectedKind: FileKind): Promise<DownloadedAsset> =>
    downloadAsset({
      url: identifyAsset(simulator.localUrl(realUrl)).fetchUrl,
      expectedKind,
      maxBytes: 50_000_000,
      http,
      tmpDir,
    });
  return { simulator, download };
}

describe('downloadAsset from the simulated hosts', () => {
  it.each<[string, FileKind, string]>([
    [photo, 'image', 'image/jpeg'],
    [portrait, 'image', 'image/jpeg'],
    ['https://cdn.filestackcontent.com/Cw9wheelHandle00000e', 'image', 'image/png'],
    ['https://cdn.fs.teachablecdn.com/Wk8worksheetHandle0g', 'pdf', 'application/pdf'],
  ])('fetches %s whatever its host says of it', async (url, kind, contentType) => {
    const { download } = await setUp({ assetWrongType: 'always' });

    expect(await download(url, kind)).toMatchObject({ contentType });
  });

  it('fetches one original for all the proxies that wrap it', async () => {
    const { download, simulator } = await setUp();
    const urls = [
      portrait,
      `https://process.fs.teachablecdn.com/KEY/resize=width:705/${portrait}`,
      `https://process.fs.teachablecdn.com/KEY/resize=width:705/${portrait.replace('//', '/')}`,
      `https://cdn.fs.teachablecdn.com/KEY/${portrait}`,
      `https://static-media.hotmart.com/SIG=/705x0/${encodeURIComponent(portrait)}`,
    ];

    const assets = await Promise.all(urls.map((url) => download(url, 'image')));

    expect(new Set(assets.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(new Set(urls.map((url) => identifyAsset(simulator.localUrl(url)).key))).toEqual(
      new Set(['filestack:Pn7portraitHandle00b']),
    );
  });

  it('ends with the same bytes through cuts, redirects and hosts without ranges', async () => {
    const hashes = new Set<string>();
    for (const faults of [
      {},
      { assetCut: 'call:1' },
      { assetCut: 'call:1', assetNoRanges: 'always' },
      { assetRedirect: 'always' },
    ]) {
      const { download } = await setUp(faults);
      hashes.add((await download(photo, 'image')).sha256);
    }

    expect(hashes.size).toBe(1);
  });

  it.each<[Partial<Faults>, string, unknown]>([
    [{ assetForbidden: 'always' }, 'ASSET_FORBIDDEN', 'never'],
    [{ assetMissing: 'always' }, 'ASSET_GONE', 'never'],
    [{ assetError: 'always' }, 'ASSET_UNAVAILABLE', 'later'],
    [{ assetReset: 'always' }, 'CONNECTION_FAILED', 'later'],
    [{ assetHtml: 'always' }, 'ASSET_TYPE_WRONG', 'never'],
    [{ assetCut: 'always' }, 'ASSET_CUT_OFF', 'later'],
    [{ assetEndless: 'always' }, 'ASSET_TOO_LARGE', 'never'],
    [{ assetRedirect: 'always', assetRedirectTarget: 'http://10.0.0.1/' }, 'HOST_NOT_ALLOWED', 'never'],
  ])('under %j fails with %s', async (faults, code, retry) => {
    const { download } = await setUp(faults);

    await expect(download(portrait, 'image')).rejects.toMatchObject({ code, retry });
  });
});
