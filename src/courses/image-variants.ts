import type { Readable } from 'node:stream';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { safeFileName } from '../assets/file-name.ts';
import type { Context } from '../context.ts';
import type { Database } from '../db/client.ts';
import type { VariantFormat } from '../db/schema/image-variants.ts';
import { files, imageVariants } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import type { ByteRange, DeliveryHeaders } from '../storage/types.ts';
import type { ImageVariant } from './types.ts';

/** The forms of images that pages show in their place, by asset, narrow ones first. */
export async function findVariants(
  database: Database,
  assetIds: readonly string[],
): Promise<Map<string, ImageVariant[]>> {
  const byAsset = new Map<string, ImageVariant[]>();
  if (assetIds.length === 0) return byAsset;
  const { assetId, format, width, height, sha256 } = imageVariants;
  const rows = await database
    .select({ assetId, format, width, height, sha256 })
    .from(imageVariants)
    .where(inArray(imageVariants.assetId, [...new Set(assetIds)]))
    .orderBy(asc(imageVariants.width), asc(imageVariants.format));
  for (const { assetId: owner, ...variant } of rows) {
    if (owner !== null) byAsset.set(owner, [...(byAsset.get(owner) ?? []), variant]);
  }
  return byAsset;
}

export interface OpenedVariant {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly isVariant: true;
  /** The bytes, or a part of them. Has to be read to its end or destroyed. */
  read(range?: ByteRange): Promise<Readable>;
  /** A secret address of the bytes, as `Storage.presign` gives it; null when they can be had by `read` only. */
  presign: ((headers: DeliveryHeaders) => Promise<string>) | null;
}

const contentTypes: Readonly<Record<VariantFormat, string>> = {
  avif: 'image/avif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
};

/**
 * A form of an image file to be delivered.
 *
 * @throws {AppError} `NOT_FOUND`, also when the file has other bytes by now
 */
export async function openVariant(
  { database, organisationId, storage }: Pick<Context, 'database' | 'organisationId' | 'storage'>,
  fileId: string,
  sha256: string,
): Promise<OpenedVariant> {
  const [found] = await database
    .select({ name: files.name, variant: imageVariants })
    .from(files)
    .innerJoin(imageVariants, eq(imageVariants.assetId, files.assetId))
    .where(
      and(eq(files.id, fileId), eq(files.organisationId, organisationId), eq(imageVariants.sha256, sha256)),
    );
  if (!found) throw notFound('file', fileId);
  const { format, bytes, storageKey } = found.variant;
  return {
    name: safeFileName(found.name.replace(/\.[A-Za-z0-9]{1,10}$/, ''), format),
    contentType: contentTypes[format],
    bytes,
    sha256,
    isVariant: true,
    read: (range) => storage.read(storageKey, { range }),
    presign: storage.presign?.bind(storage, storageKey) ?? null,
  };
}
