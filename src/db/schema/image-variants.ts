import { integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { assets } from './assets.ts';
import { createdAt, organisationId } from './columns.ts';

/** `avif` and `webp` are smaller copies of a photograph; `svg` is a drawing that was cleaned. */
export const variantFormats = ['avif', 'webp', 'svg'] as const;
export type VariantFormat = (typeof variantFormats)[number];

/**
 * Forms of an image asset that pages show in its place. One whose asset is gone keeps its row, without asset, until its object in
 * the storage is deleted.
 */
export const imageVariants = pgTable(
  'image_variants',
  {
    /** Key in the storage: organisation, asset and SHA-256. Asset ids are never used again, so keys are neither. */
    storageKey: text('storage_key').primaryKey(),
    organisationId: organisationId(),
    assetId: text('asset_id').references(() => assets.id, { onDelete: 'set null' }),
    format: text('format', { enum: variantFormats }).notNull(),
    /** In pixels. */
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    bytes: integer('bytes').notNull(),
    /** Lower-case hex. */
    sha256: text('sha256').notNull(),
    createdAt: createdAt(),
  },
  (table) => [unique().on(table.assetId, table.width, table.format)],
);
