import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { eq } from 'drizzle-orm';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { solidPng } from '../../simulator/school/solid-png.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import type { Context } from '../context.ts';
import { type Connection, connect } from '../db/client.ts';
import { assets, imageVariants, defaultOrganisationId as organisationId } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';
import { createFsStorage } from '../storage/drivers/fs.ts';
import { readMediaFacts } from './facts.ts';
import { makeVariants } from './image-variants.ts';
import { makeMissingVariants } from './make-missing-variants.ts';
import { removeVariants } from './remove-variants.ts';

let connection: Connection;
let context: Pick<Context, 'database' | 'organisationId' | 'storage'>;
let folder: string;
beforeAll(async () => {
  connection = connect((await createTestDatabase()).url);
  folder = await temporaryFolder();
  context = { database: connection.db, organisationId, storage: createFsStorage({ root: folder }) };
});
afterAll(() => connection.close());

/** An image as an import has stored it, with the facts that it read. */
async function store(content: Buffer, contentType: string) {
  const id = newId('asset');
  const storageKey = `assets/${id}`;
  await context.storage.put(storageKey, Readable.from([content]));
  const facts = await readMediaFacts(join(folder, storageKey), contentType);
  await context.database.insert(assets).values({
    ...facts,
    id,
    organisationId,
    storageKey,
    sha256: id,
    bytes: content.length,
    contentType,
    extension: 'bin',
  });
  const variants = () =>
    context.database
      .select()
      .from(imageVariants)
      .where(eq(imageVariants.assetId, id))
      .orderBy(imageVariants.format, imageVariants.width);
  const read = async (key: string) => buffer(await context.storage.read(key));
  return { id, facts, variants, read, original: () => read(storageKey) };
}

/** Pixels that do not compress away, blue on the left and red on the right. */
function noisy(width: number, height: number, bands: 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(width * height * bands);
  let seed = 1;
  for (let at = 0; at < width * height; at++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const noise = (seed >> 8) % 61;
    const isLeft = at % width < width / 2;
    pixels.set(
      bands === 3 ? [isLeft ? 0 : 190, noise, isLeft ? 190 : 0] : [noise, 200, 200, noise],
      at * bands,
    );
  }
  return sharp(pixels, { raw: { width, height, channels: bands } });
}

async function colourAt(image: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return [...data.subarray(at, at + 3)];
}

/** A PNG whose header promises more than its few bytes hold. */
function pngOf(width: number, height: number): Buffer {
  const png = Buffer.from(solidPng(2, 0x336699, ' '.repeat(30_000)));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe('the variants of an image', () => {
  it('are AVIF and WebP in widths up to its own, and are made once', async () => {
    const content = await noisy(640, 320).png().toBuffer();
    const image = await store(content, 'image/png');

    const first = await makeVariants(context, image.id);
    const again = await makeVariants(context, image.id);

    expect(first).toEqual({ made: 4, refused: null });
    expect(again).toEqual({ made: 0, refused: null });
    const rows = await image.variants();
    expect(rows.map(({ format, width, height }) => [format, width, height])).toEqual([
      ['avif', 480, 240],
      ['avif', 640, 320],
      ['webp', 480, 240],
      ['webp', 640, 320],
    ]);
    for (const { storageKey, format, width, bytes } of rows) {
      const stored = await image.read(storageKey);
      const metadata = await sharp(stored).metadata();
      expect(metadata).toMatchObject({ width, format: format === 'avif' ? 'heif' : 'webp' });
      expect(stored.length).toBe(bytes);
      expect(bytes).toBeLessThan(content.length);
    }
    expect(await image.original()).toEqual(content);
  });

  it('stand as the camera was held, and tell nothing of where', async () => {
    const content = await noisy(640, 520)
      .withExif({ IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const image = await store(content, 'image/jpeg');

    await makeVariants(context, image.id);

    expect(image.facts).toEqual({ width: 520, height: 640 });
    const rows = await image.variants();
    expect(rows.map(({ width, height }) => [width, height])).toEqual([
      [520, 640],
      [520, 640],
    ]);
    for (const { storageKey } of rows) {
      const stored = await image.read(storageKey);
      expect(await sharp(stored).metadata()).not.toMatchObject({ orientation: 6 });
      expect((await sharp(stored).metadata()).exif).toBeUndefined();
      const [top, bottom] = [await colourAt(stored, 260, 100), await colourAt(stored, 260, 540)];
      expect(top[2]).toBeGreaterThan(120);
      expect(bottom[0]).toBeGreaterThan(120);
    }
  });

  it.each([
    [
      'a CMYK JPEG',
      async () => noisy(500, 250).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
      'image/jpeg',
    ],
    ['a PNG of 16 bits', async () => noisy(500, 250).toColourspace('rgb16').png().toBuffer(), 'image/png'],
    [
      'a JPEG with the wide colours of a phone',
      async () => noisy(500, 250).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
      'image/jpeg',
    ],
  ])('of %s are in sRGB, in about its colours', async (_what, make, type) => {
    const image = await store(await make(), type);

    await makeVariants(context, image.id);

    const rows = await image.variants();
    expect(rows.length).toBe(2);
    for (const { storageKey } of rows) {
      const stored = await image.read(storageKey);
      expect(await sharp(stored).metadata()).toMatchObject({ space: 'srgb', depth: 'uchar' });
      const [red = 0, , blue = 0] = await colourAt(stored, 50, 100);
      expect(blue - red).toBeGreaterThan(80);
    }
  });

  it('leave out a format that would not be smaller', async () => {
    const content = await noisy(500, 250).webp({ quality: 40 }).toBuffer();
    const image = await store(content, 'image/webp');

    await makeVariants(context, image.id);

    const formats = (await image.variants()).map(({ format }) => format);
    expect(formats).not.toContain('webp');
  });

  it('keep what is transparent', async () => {
    const image = await store(await noisy(500, 250, 4).png().toBuffer(), 'image/png');

    await makeVariants(context, image.id);

    for (const { storageKey } of await image.variants()) {
      expect(await sharp(await image.read(storageKey)).metadata()).toMatchObject({ hasAlpha: true });
    }
  });

  it.each([
    [
      'an animation',
      async () => {
        const still = noisy(500, 250);
        const frames = await Promise.all(
          [still.clone(), still.clone().negate()].map((frame) => frame.png().toBuffer()),
        );
        return sharp(frames, { join: { animated: true } })
          .gif()
          .toBuffer();
      },
      'image/gif',
    ],
    ['a small picture', async () => noisy(400, 400).png().toBuffer(), 'image/png'],
    [
      'a small file',
      async () =>
        sharp({ create: { width: 900, height: 900, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      'image/png',
    ],
    ['a PNG of 30,000 × 30,000 pixels', async () => pngOf(30_000, 30_000), 'image/png'],
    ['a PNG that is 1,000,000 pixels wide', async () => pngOf(1_000_000, 1), 'image/png'],
  ])('are not made of %s, whose size is known', async (_what, make, type) => {
    const image = await store(await make(), type);

    expect(await makeVariants(context, image.id)).toEqual({ made: 0, refused: null });

    expect(image.facts).toEqual({ width: expect.any(Number), height: expect.any(Number) });
    expect(await image.variants()).toEqual([]);
  });

  it.each([
    [
      'a JPEG that is cut off',
      async () => (await noisy(900, 900).jpeg().toBuffer()).subarray(0, 40_000),
      'image/jpeg',
    ],
    ['a PNG that promises more than it holds', async () => pngOf(9_000, 9_000), 'image/png'],
  ])('are refused for %s, and the reason is told', async (_what, make, type) => {
    const image = await store(await make(), type);

    expect(await makeVariants(context, image.id)).toEqual({ made: 0, refused: expect.stringMatching(/\w/) });

    expect(await image.variants()).toEqual([]);
  });

  it('of a drawing are its cleaned form', async () => {
    const drawing = '<svg viewBox="0 0 40 20" onload="alert(1)"><path d="M0 0h9"/></svg>';
    const image = await store(Buffer.from(drawing), 'image/svg+xml');

    await makeVariants(context, image.id);

    const [row] = await image.variants();
    expect(row).toMatchObject({ format: 'svg', width: 40, height: 20 });
    expect(String(await image.read(row?.storageKey ?? ''))).not.toContain('onload');
    expect(String(await image.original())).toBe(drawing);
  });

  it('are made later, once, when an import has not come to it', async () => {
    await context.database.update(assets).set({ variantsSweptAt: new Date() });
    const broken = (await noisy(900, 900).jpeg().toBuffer()).subarray(0, 40_000);
    await store(broken, 'image/jpeg');
    const drawing = await store(
      Buffer.from('<svg viewBox="0 0 40 20"><path d="M0 0h9"/></svg>'),
      'image/svg+xml',
    );

    const soon = await makeMissingVariants(context, { graceMs: 60_000 });
    const later = await makeMissingVariants(context, { graceMs: 0 });
    const made = await drawing.variants();
    await context.database.delete(imageVariants).where(eq(imageVariants.assetId, drawing.id));
    const again = await makeMissingVariants(context, { graceMs: 0 });

    expect([soon, later, again]).toEqual([0, 1, 0]);
    expect(made).toMatchObject([{ format: 'svg' }]);
  });

  it('go with the asset, from the storage too', async () => {
    const image = await store(await readFile('simulator/content/media/pear.jpg'), 'image/jpeg');
    await makeVariants(context, image.id);
    const [row] = await image.variants();
    const kept = await store(await readFile('simulator/content/media/portrait.jpg'), 'image/jpeg');
    await makeVariants(context, kept.id);

    await context.database.delete(assets).where(eq(assets.id, image.id));
    await removeVariants(context);

    expect(await context.storage.has(row?.storageKey ?? '')).toBe(false);
    for (const { storageKey } of await kept.variants())
      expect(await context.storage.has(storageKey)).toBe(true);
    expect((await kept.variants()).length).toBeGreaterThan(0);
    expect(
      await context.database.$count(imageVariants, eq(imageVariants.storageKey, row?.storageKey ?? '')),
    ).toBe(0);
  });

  it('are none of what another organisation has', async () => {
    const image = await store(await readFile('simulator/content/media/pear.jpg'), 'image/jpeg');

    const result = await makeVariants({ ...context, organisationId: 'org_other' }, image.id);

    expect(result).toEqual({ made: 0, refused: null });
    expect(await image.variants()).toEqual([]);
  });
});
