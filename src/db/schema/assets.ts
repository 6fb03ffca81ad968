import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, organisationId, updatedAt } from './columns.ts';
import { courses } from './courses.ts';

/** Bytes that we host, addressed by their SHA-256: the same bytes are stored once in an organisation. */
export const assets = pgTable(
  'assets',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    /** Lower-case hex. */
    sha256: text('sha256').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    /** By magic bytes, not by what the source claimed. */
    contentType: text('content_type').notNull(),
    /** Without dot. */
    extension: text('extension').notNull(),
    /** Key in the storage, never a URL. */
    storageKey: text('storage_key').notNull(),
    width: integer('width'),
    height: integer('height'),
    durationMs: integer('duration_ms'),
    /** When an image without variants was taken up by the sweep, which does that once. */
    variantsSweptAt: instant('variants_swept_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique().on(table.organisationId, table.sha256),
    index('assets_unswept_images')
      .on(table.createdAt)
      .where(sql`variants_swept_at is null and content_type like 'image/%'`),
  ],
);

export const fileKinds = ['image', 'video', 'audio', 'pdf', 'file'] as const;
export type FileKind = (typeof fileKinds)[number];

/** Subtitles of a video, in WebVTT. */
export interface TextTrack {
  /** BCP 47, or null when the source does not tell. */
  readonly language: string | null;
  /** What a person chooses by. */
  readonly label: string;
}

/** A named use of an asset in a course. Has no asset while its bytes are on their way, or when they could not be had. */
export const files = pgTable(
  'files',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    courseId: text('course_id')
      .notNull()
      .references(() => courses.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: fileKinds }).notNull(),
    /** As its author wrote it. What a person sees has the extension of the bytes: `toFileView`. */
    name: text('name').notNull(),
    /** How little the name says, see `NameRank` of the import engine: a better one replaces it. */
    nameRank: smallint('name_rank').notNull().default(0),
    assetId: text('asset_id').references(() => assets.id),
    /** The video that this file goes with, as its poster or, when `track` is set, as its subtitles. */
    ofFileId: text('of_file_id').references((): AnyPgColumn => files.id, { onDelete: 'cascade' }),
    track: jsonb('track').$type<TextTrack>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.courseId), index().on(table.assetId), index().on(table.ofFileId)],
);

/**
 * Objects in the storage that may have lost their asset, and are deleted if so. Noted before or with the change that leaves them
 * behind, so that a crash leaves nothing for ever.
 */
export const orphanedObjects = pgTable('orphaned_objects', {
  storageKey: text('storage_key').primaryKey(),
  organisationId: organisationId(),
  createdAt: createdAt(),
});
