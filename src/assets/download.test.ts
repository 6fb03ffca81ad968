import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { createGuardedFetch } from '../http/guarded-fetch.ts';
import { type DownloadedAsset, type DownloadOptions, downloadAsset } from './download.ts';

const media = join(import.meta.dirname, '../../simulator/content/media');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Downloads from a server that gives the answers in turn, the last one again and again. */
async function setUp(answers: Answer[], options: Partial<DownloadOptions> = {}) {
  const seen: IncomingMessage['headers'][] = [];
  const port = await serveHttp((request, response) => {
    seen.push(request.headers);
    response.on('error', () => {});
    answers[Math.min(seen.length, answers.length) - 1]?.(request, response);
  });
  const host = `127.0.0.1:${port}`;
  const http = createGuardedFetch({ allowedPrivateHosts: [host], userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const tmpDir = await temporaryFolder();
  const download = (): Promise<DownloadedAsset> =>
    downloadAsset({
      url: `http://${host}/asset?sig=secret`,
      expectedKind: 'file',
      maxBytes: 50_000_000,
      http,
      tmpDir,
      ...options,
    });
  return { download, seen, tmpDir };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Sends the bytes with their true length; breaks off after `cutAt` of them. What the reader has not fetched from its
 * buffers by then is lost to it, so a cut that should leave something comes after much more than a buffer holds.
 */
function send(
  bytes: Buffer,
  { cutAt, headers = {} }: { cutAt?: number; headers?: Record<string, string> } = {},
): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length, ...headers });
    if (cutAt === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, cutAt), () => response.destroy());
  };
}

/** Sends what the Range header asks for; breaks off after `cutAt` bytes of it. */
function sendRest(bytes: Buffer, { cutAt }: { cutAt?: number } = {}): Answer {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const part = bytes.subarray(start);
    response.writeHead(206, {
      etag: '"v1"',
      'content-length': part.length,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    if (cutAt === undefined) response.end(part);
    else response.write(part.subarray(0, cutAt), () => response.destroy());
  };
}

const today = new Date().toUTCString();
const v1 = { etag: '"v1"' };

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers).end('<html>error page');
  };

describe('downloadAsset', () => {
  it('delivers the bytes with hash, type and dimensions', async () => {
    const bytes = await readFile(join(media, 'mark.png'));
    const { download } = await setUp([send(bytes, { headers: { 'content-type': 'text/plain' } })], {
      expectedKind: 'image',
      fileName: 'mark.gif',
    });

    const asset = await download();

    expect(asset).toMatchObject({
      bytes: bytes.length,
      sha256: sha256(bytes),
      contentType: 'image/png',
      extension: 'png',
      width: expect.any(Number),
      height: expect.any(Number),
    });
    expect((await readFile(asset.path)).equals(bytes)).toBe(true);
  });

  it('resumes where it was cut and asks for the same version', async () => {
    const bytes = randomBytes(3_000_000);
    const { download, seen } = await setUp([
      send(bytes, { cutAt: 900_000, headers: { etag: '"v1"' } }),
      sendRest(bytes, { cutAt: 900_000 }),
      sendRest(bytes),
    ]);

    const asset = await download();

    expect(asset.sha256).toBe(sha256(bytes));
    expect(seen.map((headers) => headers.range !== undefined)).toEqual([false, true, true]);
    expect(seen[1]?.['if-range']).toBe('"v1"');
  });

  it('begins again when the server ignores ranges, answers another part, or the file has changed', async () => {
    const old = randomBytes(2_000_000);
    const fresh = randomBytes(1_500_000);
    const partOf =
      (range: (start: number) => string, headers: Record<string, string>): Answer =>
      (request, response) => {
        const start = Number(request.headers.range?.slice('bytes='.length, -1));
        response.writeHead(206, { 'content-range': range(start), ...headers }).end('x');
      };
    const otherPart = partOf(() => 'bytes 0-0/2000000', v1);
    const otherSize = partOf((start) => `bytes ${start}-${start}/1500000`, v1);
    const tooMuch = partOf((start) => `bytes ${start}-${start - 1}/2000000`, v1);
    const otherVersion = partOf((start) => `bytes ${start}-${start}/2000000`, { etag: '"v2"' });
    const unknownVersion = partOf((start) => `bytes ${start}-${start}/2000000`, {});

    const answers = [send(fresh), otherPart, otherSize, tooMuch, otherVersion, unknownVersion, status(416)];
    for (const second of answers) {
      const { download } = await setUp([send(old, { cutAt: 900_000, headers: v1 }), second, send(fresh)]);

      expect((await download()).sha256).toBe(sha256(fresh));
    }
  });

  it.each<[string, Record<string, string>]>([
    ['has no version', {}],
    ['has a weak one', { etag: 'W/"v1"' }],
    ['was changed in the second of the answer', { date: today, 'last-modified': today }],
  ])('begins again when the file %s', async (_what, headers) => {
    const bytes = randomBytes(2_000_000);
    const { download, seen } = await setUp([send(bytes, { cutAt: 900_000, headers }), send(bytes)]);

    expect((await download()).sha256).toBe(sha256(bytes));
    expect(seen[1]?.range).toBeUndefined();
  });

  it('resumes by a date that is old enough', async () => {
    const bytes = randomBytes(2_000_000);
    const headers = { 'last-modified': new Date(Date.now() - 60_000).toUTCString() };
    const { download, seen } = await setUp([send(bytes, { cutAt: 900_000, headers }), sendRest(bytes)]);

    expect((await download()).sha256).toBe(sha256(bytes));
    expect(seen[1]).toMatchObject({ range: expect.any(String), 'if-range': headers['last-modified'] });
  });

  it('goes on when the server caps what it sends for one range', async () => {
    const bytes = randomBytes(2_000_000);
    const capped: Answer = (request, response) => {
      const start = Number(request.headers.range?.slice('bytes='.length, -1));
      const part = bytes.subarray(start, start + 600_000);
      const end = start + part.length - 1;
      response.writeHead(206, { ...v1, 'content-range': `bytes ${start}-${end}/${bytes.length}` }).end(part);
    };
    const { download } = await setUp([send(bytes, { cutAt: 600_000, headers: v1 }), capped]);

    expect((await download()).sha256).toBe(sha256(bytes));
  });

  it('asks once more when the address is refused in the middle, and resumes', async () => {
    const bytes = randomBytes(2_000_000);
    const { download, seen } = await setUp([
      send(bytes, { cutAt: 900_000, headers: v1 }),
      status(403),
      sendRest(bytes),
    ]);

    expect((await download()).sha256).toBe(sha256(bytes));
    expect(seen[2]?.range).toBe(seen[1]?.range);
  });

  it('refuses a body that is packed in a way that it cannot unpack', async () => {
    const { download } = await setUp([send(randomBytes(100), { headers: { 'content-encoding': 'zstd' } })]);

    await expect(download()).rejects.toMatchObject({ code: 'ASSET_UNAVAILABLE', retry: 'never' });
  });

  it('gives up on a server that always cuts at the same place, and tries again later', async () => {
    const { download, seen, tmpDir } = await setUp([send(randomBytes(2_000_000), { cutAt: 900_000 })]);

    await expect(download()).rejects.toMatchObject({ code: 'ASSET_CUT_OFF', retry: 'later' });

    expect(seen.length).toBeLessThan(6);
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('does not resume a compressed transfer, whose positions are others', async () => {
    const bytes = Buffer.from('plain text '.repeat(100_000));
    const packed = gzipSync(bytes, { level: 0 });
    const headers = { 'content-encoding': 'gzip', etag: '"v1"' };
    const { download, seen } = await setUp([
      send(packed, { cutAt: 500_000, headers }),
      send(packed, { headers }),
    ]);

    const asset = await download();

    expect(asset).toMatchObject({ sha256: sha256(bytes), contentType: 'text/plain' });
    expect(seen.map((sent) => sent.range)).toEqual([undefined, undefined]);
    expect(seen[0]?.['accept-encoding']).toBe('identity');
  });

  it.each([
    [401, 'ASSET_FORBIDDEN', 'never'],
    [403, 'ASSET_FORBIDDEN', 'never'],
    [404, 'ASSET_GONE', 'never'],
    [410, 'ASSET_GONE', 'never'],
    [451, 'ASSET_UNAVAILABLE', 'never'],
    [429, 'ASSET_RATE_LIMITED', { afterMs: 7_000 }],
    [500, 'ASSET_UNAVAILABLE', { afterMs: 7_000 }],
  ])('reports status %i as %s (%j)', async (code, errorCode, retry) => {
    const { download, tmpDir } = await setUp([status(code, { 'retry-after': '7' })]);

    const error = await download().catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: errorCode, retry });
    expect(String(error)).not.toContain('secret');
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('refuses a page where an image should be', async () => {
    const page = Buffer.from('<!doctype html><title>Sign in</title>');
    const { download, tmpDir } = await setUp([send(page, { headers: { 'content-type': 'image/png' } })], {
      expectedKind: 'image',
    });

    await expect(download()).rejects.toMatchObject({ code: 'ASSET_TYPE_WRONG', retry: 'never' });
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('refuses an empty file', async () => {
    const { download } = await setUp([send(Buffer.alloc(0))]);

    await expect(download()).rejects.toMatchObject({ code: 'ASSET_EMPTY', retry: 'never' });
  });

  it('refuses a file that is announced as too large, turns out too large, or unpacks to that', async () => {
    const endless: Answer = (_request, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const bomb = send(gzipSync(Buffer.alloc(5_000_000)), { headers: { 'content-encoding': 'gzip' } });

    for (const answer of [send(Buffer.alloc(2_000_000)), endless, bomb]) {
      const { download, tmpDir } = await setUp([answer], { maxBytes: 1_000_000 });

      await expect(download()).rejects.toMatchObject({ code: 'ASSET_TOO_LARGE', retry: 'never' });
      expect(await readdir(tmpDir)).toEqual([]);
    }
  });

  it('stops when the disk is full before or gets full during the transfer', async () => {
    const bytes = Buffer.alloc(20_000_000);
    const gigabyte = 1024 ** 3;
    for (const free of [[1_000], [gigabyte, gigabyte, 1_000]]) {
      let looks = 0;
      const readFreeBytes = async () => free[Math.min(looks++, free.length - 1)] ?? 0;
      const { download, tmpDir } = await setUp([send(bytes)], { readFreeBytes });

      await expect(download()).rejects.toMatchObject({
        code: 'DISK_FULL',
        retry: 'later',
        message: expect.stringMatching(/it needs \d{9} bytes/),
      });
      expect(looks).toBe(free.length);
      expect(await readdir(tmpDir)).toEqual([]);
    }
  });

  it('stops at once when the import is cancelled, and leaves nothing', async () => {
    const cancelled = new Error('cancelled');
    const controller = new AbortController();
    const { download, tmpDir } = await setUp(
      [
        (_request, response) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('abc', () => controller.abort(cancelled));
        },
      ],
      { signal: controller.signal },
    );

    await expect(download()).rejects.toBe(cancelled);
    expect(await readdir(tmpDir)).toEqual([]);
  });
});
