import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { isAppError } from '../errors/app-error.ts';
import { createGuardedFetch } from '../http/guarded-fetch.ts';
import { HostLimits } from '../http/host-limits.ts';
import { type DownloadedAsset, downloadPart, type PartOptions, partialPath } from './download.ts';
import { nextPartBytes, noParts, type PartsSoFar, withPart } from './parts.ts';

interface Behaviour {
  readonly sizeBytes: number;
  readonly ranges: 'kept' | 'ignored' | 'refused' | 'shifted' | 'capped' | 'without total';
  readonly validator: 'etag' | 'date' | 'weak etag' | 'none';
  readonly ignoresIfRange: boolean;
  /** Bytes after which the n-th answer breaks off. */
  readonly cuts: readonly (number | null)[];
  /** The answer from which on the file is another one, of the same size. */
  readonly changesAt: number | null;
  /** The answer that is refused, as with a signature that has expired. */
  readonly refusedAt: number | null;
}

const kind: Behaviour = {
  sizeBytes: 100_000,
  ranges: 'kept',
  validator: 'etag',
  ignoresIfRange: false,
  cuts: [],
  changesAt: null,
  refusedAt: null,
};
const smallestBytes = 10_000;

/** A server that behaves so, and counts what it sent; and a disk of our own. */
async function setUp() {
  let behaviour = kind;
  let versions: Buffer[] = [];
  let answers = 0;
  const sent: Array<{ startByte: number; bytes: number }> = [];
  const refused: string[] = [];

  const port = await serveHttp((request, response) => {
    response.on('error', () => {});
    const n = answers++;
    if (n === behaviour.refusedAt || refused.includes(request.url ?? '')) {
      response.writeHead(403).end();
      return;
    }
    const index = behaviour.changesAt !== null && n >= behaviour.changesAt ? 1 : 0;
    answer(response, index, request.headers, behaviour.cuts[n] ?? null);
  });

  function answer(
    response: ServerResponse,
    index: number,
    asked: NodeJS.Dict<string | string[]>,
    cutAt: number | null,
  ): void {
    const content = versions[index] ?? Buffer.alloc(0);
    const modified = new Date(1_700_000_000_000 + index * 10_000).toUTCString();
    const validators: Record<Behaviour['validator'], Record<string, string>> = {
      etag: { etag: `"v${index}"` },
      date: { 'last-modified': modified },
      'weak etag': { etag: 'W/"v"' },
      none: {},
    };
    const headers = validators[behaviour.validator];
    const present = [`"v${index}"`, modified];
    const isSame =
      behaviour.ignoresIfRange ||
      asked['if-range'] === undefined ||
      present.includes(String(asked['if-range']));
    const range = isSame ? /^bytes=(\d+)-(\d*)$/.exec(String(asked.range)) : null;
    let startByte = 0;
    let endByte = content.length;
    if (range && behaviour.ranges !== 'ignored') {
      startByte = Number(range[1]);
      endByte = range[2] ? Math.min(Number(range[2]) + 1, endByte) : endByte;
      if (behaviour.ranges === 'shifted') startByte = Math.max(0, startByte - 1);
      if (behaviour.ranges === 'capped') endByte = Math.min(endByte, startByte + 6_000);
      if (startByte >= content.length || behaviour.ranges === 'refused') {
        return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      }
      const total = behaviour.ranges === 'without total' ? '*' : content.length;
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${startByte}-${endByte - 1}/${total}`);
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader('content-length', endByte - startByte);
    const body = content.subarray(startByte, cutAt === null ? endByte : Math.min(startByte + cutAt, endByte));
    sent.push({ startByte, bytes: body.length });
    response.write(body.length > 0 ? body : Buffer.alloc(0), () => {
      if (cutAt === null || startByte + cutAt >= endByte) response.end();
      else response.destroy();
    });
  }

  const http = createGuardedFetch({ allowedPrivateHosts: [`127.0.0.1:${port}`], userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const tmpDir = await temporaryFolder();
  const path = partialPath(tmpDir, 'itm_1');
  const next = (soFar: PartsSoFar, options: Partial<PartOptions> = {}) =>
    downloadPart({
      url: `http://127.0.0.1:${port}/a`,
      expectedKind: 'file',
      maxBytes: 10_000_000,
      http,
      tmpDir,
      path,
      soFar,
      partBytes: nextPartBytes(soFar, smallestBytes),
      limits: new HostLimits(),
      ...options,
    });
  return {
    sent,
    refused,
    tmpDir,
    path,
    next,
    url: (name: string) => `http://127.0.0.1:${port}/${name}`,
    serve(changes: Partial<Behaviour>): readonly Buffer[] {
      behaviour = { ...kind, ...changes };
      versions = [randomBytes(behaviour.sizeBytes), randomBytes(behaviour.sizeBytes)];
      answers = 0;
      sent.length = 0;
      return versions;
    },
    /** Goes on to the end, as the job does. */
    async finish(from: PartsSoFar, options: Partial<PartOptions> = {}): Promise<DownloadedAsset> {
      for (let soFar = from; ; ) {
        const delivery = await next(soFar, options);
        if ('asset' in delivery) return delivery.asset;
        soFar = withPart(soFar, delivery.part);
      }
    },
    async parts(count: number): Promise<PartsSoFar> {
      let soFar = noParts;
      while (soFar.parts.length < count) {
        const delivery = await next(soFar);
        if ('asset' in delivery) throw new Error('The file has fewer parts');
        soFar = withPart(soFar, delivery.part);
      }
      return soFar;
    },
  };
}

function sha256(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

describe('downloadPart', () => {
  it('never delivers wrong bytes, however server and disk behave: the file or a clear error', async () => {
    const server = await setUp();
    const behaviours: fc.Arbitrary<Behaviour> = fc.record({
      sizeBytes: fc.nat(120_000),
      ranges: fc.constantFrom('kept', 'kept', 'ignored', 'refused', 'shifted', 'capped', 'without total'),
      validator: fc.constantFrom('etag', 'etag', 'date', 'weak etag', 'none'),
      ignoresIfRange: fc.boolean(),
      cuts: fc.array(fc.option(fc.nat(30_000)), { maxLength: 8 }),
      changesAt: fc.option(fc.nat(8)),
      refusedAt: fc.option(fc.nat(12)),
    });
    const damage = fc.option(fc.constantFrom('removed', 'shortened', 'changed', 'prolonged'), { freq: 6 });
    let delivered = 0;

    await fc.assert(
      fc.asyncProperty(behaviours, fc.array(damage, { maxLength: 12 }), async (behaviour, damages) => {
        const versions = server.serve(behaviour);
        let soFar = noParts;
        for (let step = 0, failures = 0; failures < 4; step++) {
          try {
            const delivery = await server.next(soFar);
            if ('asset' in delivery) {
              delivered++;
              const bytes = await readFile(delivery.asset.path);
              expect(versions.map(sha256)).toContain(delivery.asset.sha256);
              expect(sha256(bytes)).toBe(delivery.asset.sha256);
              return;
            }
            soFar = withPart(soFar, delivery.part);
          } catch (error) {
            if (!isAppError(error)) throw error;
            if (error.retry === 'never') return;
            failures++;
          }
          await spoil(server.path, damages[step]);
          expect(step).toBeLessThan(100);
        }
      }),
      { numRuns: 60 },
    );

    expect(delivered).toBeGreaterThan(20);
  });

  it('asks for each byte once, and again at most for what a cut left in buffers', async () => {
    const { serve, finish, sent, tmpDir } = await setUp();
    for (const cuts of [[], [null, 4_000, null, 9_000]]) {
      const [content] = serve({ sizeBytes: 95_000, cuts });

      const asset = await finish(noParts);

      expect(asset.sha256).toBe(sha256(content));
      const cutBytes = cuts.reduce<number>((sum, cut) => sum + (cut ?? 0), 0);
      expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(95_000 + cutBytes);
      expect(sent.filter(({ startByte }) => startByte === 0)).toHaveLength(1);
      expect(await readdir(tmpDir)).toEqual(['itm_1.part']);
    }
  });

  it('takes one request and one step for a file that fits into a part', async () => {
    const { serve, next, sent } = await setUp();
    const [content] = serve({ sizeBytes: smallestBytes });

    expect(await next(noParts)).toMatchObject({ asset: { sha256: sha256(content) } });
    expect(sent).toHaveLength(1);
  });

  it('keeps the parts before when one fails for now, and nothing when the disk is full', async () => {
    const { serve, next, parts, finish, tmpDir } = await setUp();
    const [content] = serve({ cuts: [null, null, 0, 0, 0] });
    const two = await parts(2);

    await expect(next(two)).rejects.toMatchObject({ code: 'ASSET_CUT_OFF', retry: 'later' });
    expect((await finish(two)).sha256).toBe(sha256(content));

    const full = next(two, { readFreeBytes: async () => 1_000 });
    await expect(full).rejects.toMatchObject({ code: 'DISK_FULL', retry: 'later' });
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('goes on at a fresh address when the old one has expired, if the bytes are the same', async () => {
    const { serve, parts, finish, refused, sent, url } = await setUp();
    const [content] = serve({});
    const three = await parts(3);
    refused.push('/a');

    const asset = await finish(three, { renewUrl: async () => url('b') });

    expect(asset.sha256).toBe(sha256(content));
    expect(sent.filter(({ startByte }) => startByte === 0)).toHaveLength(1);
  });

  it('begins over at a fresh address that has other bytes', async () => {
    const { serve, parts, finish, refused, url } = await setUp();
    const [, other] = serve({ changesAt: 3, ignoresIfRange: true });
    const three = await parts(3);
    refused.push('/a');

    expect((await finish(three, { renewUrl: async () => url('b') })).sha256).toBe(sha256(other));
  });

  it('fetches in one go what was begun over again and again, as by machines without a common disk', async () => {
    const { serve, next, path } = await setUp();
    const [content] = serve({});
    let soFar = noParts;
    for (let steps = 1; ; steps++) {
      const delivery = await next(soFar);
      if ('asset' in delivery) {
        expect(delivery.asset.sha256).toBe(sha256(content));
        expect(steps).toBe(4);
        return;
      }
      soFar = withPart(soFar, delivery.part);
      await rm(path);
    }
  });
});

describe('nextPartBytes', () => {
  it('keeps even the largest file far from the 1,000 steps of a run', () => {
    let steps = 0;
    for (let bytes = 0; bytes < 1024 ** 4; steps++) {
      const parts = [
        { startByte: 0, bytes, sha256: '', validator: null, totalBytes: null, contentType: null },
      ];
      bytes += nextPartBytes({ startsOver: 0, parts });
    }

    expect(steps).toBeLessThan(600);
  });
});

async function spoil(path: string, damage: string | null | undefined): Promise<void> {
  const bytes = await readFile(path).catch(() => null);
  if (!bytes || bytes.length === 0) return;
  if (damage === 'removed') await rm(path);
  if (damage === 'shortened') await truncate(path, bytes.length - 1);
  if (damage === 'prolonged') await writeFile(path, 'more', { flag: 'a' });
  if (damage === 'changed') {
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
}
