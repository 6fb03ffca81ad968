import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Attachment, School } from '../../simulator/main.ts';
import type { AssetPart, PartsSoFar } from '../../src/assets/parts.ts';
import type { Context } from '../../src/context.ts';
import { assets, files, importItems, imports } from '../../src/db/schema/index.ts';
import type { ImportItem } from '../../src/imports/ledger.ts';
import { serveHttp } from '../support/http-server.ts';
import { waitFor } from '../support/wait.ts';
import { type ImportPlatform, startImportPlatform } from './import-platform.ts';

// The stage of assets without the queue. "Another process" is a context of its own: nothing but disk and database is common.

const media = join(import.meta.dirname, '../../simulator/content/media');
const partBytes = 100_000;

let platform: ImportPlatform;
let allowedHosts: readonly string[];
let school: TwoCourses;
const contents = new Map<string, Buffer>();
/** Bytes of each address that were handed to the network. */
const sentBytes = new Map<string, number>();
/** What a test does with a request instead; true when it has answered. */
let intervene: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;

beforeAll(async () => {
  const ports = [await serveHttp(serve), await serveHttp(serve)] as const;
  school = new TwoCourses(...ports);
  platform = await startImportPlatform({ idle: true, school });
  allowedHosts = [...platform.simulator.allowedHosts, ...ports.map((port) => `127.0.0.1:${port}`)];
});
afterEach(async () => {
  intervene = () => false;
  sentBytes.clear();
  const { cancelImport } = await import('../../src/imports/cancel.ts');
  for (const { id } of await platform.database.select().from(imports)) {
    await cancelImport(platform.context, { importId: id }).catch(() => {});
  }
  await platform.reset();
  // Each test begins without files, as a first import does.
  const { courses, sourceLinks, assets } = await import('../../src/db/schema/index.ts');
  for (const table of [courses, sourceLinks, assets]) await platform.database.delete(table);
});

function serve(request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => {});
  if (intervene(request, response)) return;
  sendRange(request, response);
}

/** @param mostBytes the answer stands still after so many */
function sendRange(request: IncomingMessage, response: ServerResponse, mostBytes = Number.POSITIVE_INFINITY) {
  const path = request.url ?? '';
  const content = contents.get(path) ?? Buffer.alloc(0);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? content.length) + 1, content.length);
  const body = content.subarray(start, Math.min(end, start + mostBytes));
  response.writeHead(206, {
    etag: `"${createHash('sha256').update(content).digest('hex')}"`,
    'content-range': `bytes ${start}-${end - 1}/${content.length}`,
    'content-length': end - start,
  });
  sentBytes.set(path, (sentBytes.get(path) ?? 0) + body.length);
  response.write(body);
  if (body.length === end - start) response.end();
}

/** Two courses of one lesson, whose files lie on servers of the test. */
class TwoCourses implements School {
  videoPath = '/video-1';
  readonly #ports: readonly number[];

  constructor(...ports: readonly number[]) {
    this.#ports = ports;
  }

  get courses() {
    return [1, 2].map((id) => ({
      id,
      name: `Course ${id}`,
      heading: null,
      description: null,
      is_published: true,
      image_url: null,
      lecture_sections: [
        {
          id: id * 10,
          name: 'All',
          is_published: true,
          position: 1,
          lectures: [{ id: id * 100, position: 1 }],
        },
      ],
    }));
  }

  findLecture(courseId: number, id: number) {
    const attachment = (n: number, kind: string, path: string, port = this.#ports[0]): Attachment => ({
      id: id * 10 + n,
      name: path.slice(1),
      kind,
      url: `http://127.0.0.1:${port}${path}`,
      position: n,
    });
    const attachments = [
      attachment(1, 'file', '/big.bin'),
      attachment(2, 'file', `/same-${courseId}.bin`),
      attachment(3, 'video', this.videoPath),
      attachment(4, 'file', '/busy.bin', this.#ports[1]),
    ];
    return {
      id,
      name: 'One',
      is_published: true,
      position: 1,
      lecture_section_id: courseId * 10,
      attachments,
    };
  }

  findVideo(): undefined {}
  findAsset(): undefined {}
}

const stage = async () => (await import('../../src/imports/stages/download-asset.ts')).downloadAssetItem;

/** Neighbours of its own, as a process that was started anew has. */
async function anotherProcess(changes: Partial<Context> = {}): Promise<Context> {
  const { createGuardedFetch } = await import('../../src/http/guarded-fetch.ts');
  const http = createGuardedFetch({ allowedPrivateHosts: allowedHosts, userAgent: 'test/1' });
  onTestFinished(() => http.close());
  return { ...platform.context, http, ...changes };
}

async function startAssets(course: '1' | '2'): Promise<string> {
  const { extractStructure } = await import('../../src/imports/stages/extract-structure.ts');
  const { processLesson } = await import('../../src/imports/stages/process-lesson.ts');
  const importId = await platform.start(course);
  await extractStructure(platform.context, { importId });
  const lesson = await itemOf(importId, `${course}00`, 'lesson');
  await processLesson(platform.context, { importId, itemId: lesson.id });
  return importId;
}

async function itemOf(
  importId: string,
  name: string,
  kind: ImportItem['kind'] = 'asset',
): Promise<ImportItem> {
  const items = await platform.database
    .select()
    .from(importItems)
    .where(and(eq(importItems.importId, importId), eq(importItems.kind, kind)));
  const item = items.find(({ sourceId, request }) => sourceId === name || request?.url?.endsWith(name));
  if (!item) throw new Error(`No ${kind} "${name}" in the ledger`);
  return item;
}

/** Calls the stage until `parts` parts have come. */
async function fetchParts(key: { importId: string; itemId: string }, parts: number): Promise<PartsSoFar> {
  const { noParts, withPart } = await import('../../src/assets/parts.ts');
  let soFar = noParts;
  while (soFar.parts.length < parts) soFar = withPart(soFar, await fetchPart(key, soFar));
  return soFar;
}

async function fetchPart(key: { importId: string; itemId: string }, soFar: PartsSoFar): Promise<AssetPart> {
  const result = await (await stage())(await anotherProcess(), key, soFar, partBytes);
  if (result === null || !('part' in result)) throw new Error(`No part came: ${JSON.stringify(result)}`);
  return result.part;
}

async function storedBytes(item: ImportItem): Promise<Buffer> {
  const [asset] = await platform.database
    .select({ storageKey: assets.storageKey })
    .from(files)
    .innerJoin(assets, eq(assets.id, files.assetId))
    .where(eq(files.id, item.targetId ?? ''));
  return readFile(join(platform.dataDir, 'storage', asset?.storageKey ?? ''));
}

describe('a large asset', () => {
  it('costs a killed process no more than the part under way', async () => {
    const { withPart } = await import('../../src/assets/parts.ts');
    const content = randomBytes(430_000);
    contents.set('/big.bin', content);
    const importId = await startAssets('1');
    const item = await itemOf(importId, '/big.bin');
    const key = { importId, itemId: item.id };
    let soFar = await fetchParts(key, 2);

    // The third part stands still in the middle: its process hangs, or its engine has died and calls again.
    intervene = (request, response) => {
      sendRange(request, response, 40_000);
      return true;
    };
    const hanging = (await stage())(await anotherProcess(), key, soFar, partBytes);
    await waitFor(() => sentBytes.get('/big.bin') === 240_000, { what: 'a part that hangs' });
    intervene = () => false;
    while (soFar.parts.length < 5) soFar = withPart(soFar, await fetchPart(key, soFar));
    expect(await hanging).toBeNull();
    expect(sentBytes.get('/big.bin')).toBe(content.length + 40_000);

    // All is there, and cannot be stored at first.
    const { storage } = platform.context;
    const put = () => Promise.reject(new Error('The storage is away'));
    const unlucky = await anotherProcess({ storage: { ...storage, put } });
    await expect((await stage())(unlucky, key, soFar, partBytes)).rejects.toThrow('away');
    const result = await (await stage())(await anotherProcess(), key, soFar, partBytes);

    expect(result).toMatchObject({ status: 'imported', bytes: content.length });
    expect((await storedBytes(item)).equals(content)).toBe(true);
    expect(sentBytes.get('/big.bin')).toBe(content.length + 40_000);
    expect(await itemOf(importId, '/big.bin')).toMatchObject({ status: 'imported', attempts: 1 });
    expect(await readdir(platform.context.tmpDir)).toEqual([]);
  });

  it('is begun over by a machine that does not have its parts', async () => {
    const { withPart } = await import('../../src/assets/parts.ts');
    const content = randomBytes(250_000);
    contents.set('/big.bin', content);
    const importId = await startAssets('1');
    const item = await itemOf(importId, '/big.bin');
    const key = { importId, itemId: item.id };
    let soFar = await fetchParts(key, 2);
    const elsewhere = await anotherProcess({ tmpDir: join(platform.dataDir, 'other') });
    const goOn = async () => (await stage())(elsewhere, key, soFar, partBytes);

    let result = await goOn();
    expect(result).toMatchObject({ part: { startByte: 0 } });
    for (; result && 'part' in result; result = await goOn()) soFar = withPart(soFar, result.part);

    expect(result).toMatchObject({ status: 'imported' });
    expect((await storedBytes(item)).equals(content)).toBe(true);
  });

  it('that is a video goes on at the address that the lesson has now when the old one is refused', async () => {
    const content = await readFile(join(media, 'lake.mp4'));
    contents.set('/video-1', content);
    contents.set('/video-2', content);
    school.videoPath = '/video-1';
    const importId = await startAssets('1');
    const item = await itemOf(importId, '/video-1');
    const key = { importId, itemId: item.id };
    const { withPart } = await import('../../src/assets/parts.ts');
    let soFar = await fetchParts(key, 1);
    school.videoPath = '/video-2';
    intervene = (request, response) => {
      if (request.url === '/video-1') response.writeHead(403).end();
      return request.url === '/video-1';
    };

    let result = null;
    do {
      result = await (await stage())(await anotherProcess(), key, soFar, partBytes);
      if (result && 'part' in result) soFar = withPart(soFar, result.part);
    } while (result && 'part' in result);

    expect(result).toMatchObject({ status: 'imported' });
    expect((await storedBytes(item)).equals(content)).toBe(true);
    expect((sentBytes.get('/video-1') ?? 0) + (sentBytes.get('/video-2') ?? 0)).toBe(content.length);
  });
});

describe('assets', () => {
  it('of the same bytes that arrive at the same time in two imports are one row and one object', async () => {
    const content = randomBytes(5_000);
    for (const course of [1, 2]) contents.set(`/same-${course}.bin`, content);
    const importIds = [await startAssets('1'), await startAssets('2')];
    const items = await Promise.all(importIds.map((id, index) => itemOf(id, `/same-${index + 1}.bin`)));
    const answers: Array<() => void> = [];
    intervene = (request, response) => {
      answers.push(() => sendRange(request, response));
      if (answers.length === 2) for (const answer of answers) answer();
      return true;
    };

    const results = await Promise.all(
      items.map(async ({ id: itemId }, index) =>
        (await stage())(await anotherProcess(), { importId: importIds[index] ?? '', itemId }),
      ),
    );

    expect(results).toMatchObject([{ status: 'imported' }, { status: 'imported' }]);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(await platform.database.select().from(assets).where(eq(assets.sha256, sha256))).toHaveLength(1);
    const folder = join(platform.dataDir, 'storage/assets', platform.context.organisationId);
    expect((await readdir(folder)).filter((name) => name === sha256)).toHaveLength(1);
    for (const item of items) expect((await storedBytes(item)).equals(content)).toBe(true);
  });

  it('on a host that asks for a pause wait for it, which is no attempt', async () => {
    contents.set('/busy.bin', randomBytes(100));
    const importId = await startAssets('1');
    const { id: itemId } = await itemOf(importId, '/busy.bin');
    intervene = (_request, response) => {
      response.writeHead(429, { 'retry-after': '90' }).end();
      return true;
    };

    const error = await (await stage())(await anotherProcess(), { importId, itemId }).catch(
      (thrown) => thrown,
    );

    expect(error).toMatchObject({ code: 'ASSET_RATE_LIMITED', retry: { afterMs: 90_000 } });
    expect(await itemOf(importId, '/busy.bin')).toMatchObject({ status: 'pending', attempts: 0 });
  });
});
