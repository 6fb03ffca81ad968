import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { assets, imageVariants, type VariantFormat } from '../db/schema/index.ts';
import { encodeVariants } from './encode-variants.ts';
import { svgType } from './image-size.ts';
import { inTurn } from './in-turn.ts';
import { cleanSvg } from './svg.ts';
import { needsVariants, planWidths } from './variant-plan.ts';

/** A form of an image in memory. */
export interface EncodedVariant {
  readonly format: VariantFormat;
  readonly width: number;
  readonly height: number;
  readonly content: Buffer;
}

export interface VariantsResult {
  /** How many were stored. */
  readonly made: number;
  /** Why there are none, when the image could not be decoded. Pages show the original. */
  readonly refused: string | null;
}

type Owner = Pick<Context, 'database' | 'organisationId' | 'storage'>;
type Asset = typeof assets.$inferSelect;

/**
 * Makes the forms of an image that pages show in its place: smaller ones of a photograph, the cleaned one of a drawing. The asset
 * itself is not touched. Made once: a repeat, also after a crash in the middle, finds what is there. One image at a time is
 * decoded in a process.
 *
 * @throws {AppError} what the storage throws; an image that cannot be decoded is none of it
 */
export async function makeVariants(owner: Owner, assetId: string): Promise<VariantsResult> {
  const asset = await findWithoutVariants(owner, assetId);
  if (!asset || !needsVariants(asset)) return { made: 0, refused: null };
  return inTurn(async () => {
    const original = await buffer(await owner.storage.read(asset.storageKey));
    let encoded: EncodedVariant[];
    try {
      encoded = await encode(asset, original);
    } catch (error) {
      return { made: 0, refused: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
    }
    await keep(owner, assetId, encoded);
    return { made: encoded.length, refused: null };
  });
}

async function findWithoutVariants(
  { database, organisationId }: Owner,
  assetId: string,
): Promise<Asset | undefined> {
  const [found] = await database
    .select({ asset: assets, variant: imageVariants.storageKey })
    .from(assets)
    .leftJoin(imageVariants, eq(imageVariants.assetId, assets.id))
    .where(and(eq(assets.id, assetId), eq(assets.organisationId, organisationId)))
    .limit(1);
  return found?.variant === null ? found.asset : undefined;
}

async function encode(asset: Asset, original: Buffer): Promise<EncodedVariant[]> {
  if (asset.contentType !== svgType) return encodeVariants(original, planWidths(asset));
  const { text, width, height } = cleanSvg(original);
  return [{ format: 'svg', width, height, content: Buffer.from(text) }];
}

/** All rows or none; a crash before them leaves objects that the repeat writes again, under the same keys. */
async function keep(
  { database, organisationId, storage }: Owner,
  assetId: string,
  encoded: readonly EncodedVariant[],
): Promise<void> {
  if (encoded.length === 0) return;
  const rows = encoded.map(({ content, ...facts }) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const storageKey = `variants/${organisationId}/${assetId}/${sha256}`;
    return { organisationId, assetId, storageKey, sha256, bytes: content.length, ...facts, content };
  });
  await database.transaction(async (tx) => {
    // Whoever removes the asset waits, and then finds the rows.
    const held = await tx
      .select({ id: assets.id })
      .from(assets)
      .where(eq(assets.id, assetId))
      .for('key share');
    if (held.length === 0) return;
    for (const { storageKey, content } of rows) await storage.put(storageKey, Readable.from([content]));
    await tx
      .insert(imageVariants)
      .values(rows.map(({ content: _content, ...row }) => row))
      .onConflictDoNothing();
  });
}
