import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { FileKind } from './assets.ts';
import { createdAt, instant, organisationId, updatedAt } from './columns.ts';
import { connections, sourcePlatforms } from './connections.ts';
import { courses } from './courses.ts';

/** What leads from one to another is declared in `src/imports/states.ts`. */
export const importStatuses = [
  'pending',
  'running',
  'paused',
  'completed',
  'partial',
  'failed',
  'cancelled',
] as const;
export type ImportStatus = (typeof importStatuses)[number];

export const itemKinds = ['course', 'section', 'lesson', 'block', 'quiz', 'asset'] as const;
export type ItemKind = (typeof itemKinds)[number];

/** The last four are final: together they must add up to what was found. */
export const itemStatuses = ['pending', 'running', 'imported', 'unchanged', 'skipped', 'failed'] as const;
export type ItemStatus = (typeof itemStatuses)[number];

export const issueSeverities = ['todo', 'warning', 'error'] as const;
export type IssueSeverity = (typeof issueSeverities)[number];

export const issueResolvers = ['owner', 'import'] as const;
export type IssueResolver = (typeof issueResolvers)[number];

/** One requested transfer of one course of one school. */
export const imports = pgTable(
  'imports',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id),
    source: text('source', { enum: sourcePlatforms }).notNull(),
    sourceCourseId: text('source_course_id').notNull(),
    status: text('status', { enum: importStatuses }).notNull().default('pending'),
    /** What was changed both at the source and here is written over instead of kept. */
    overwriteEdits: boolean('overwrite_edits').notNull().default(false),
    /** Why it paused by itself: an error code. Null when a person paused it, and while it is not paused. */
    pauseReason: text('pause_reason'),
    /** When what it made was removed again; null while it is there. */
    rolledBackAt: instant('rolled_back_at'),
    /** Ours; null until the structure has been read. */
    courseId: text('course_id').references(() => courses.id, { onDelete: 'set null' }),
    /** The course's name, for lists; null until it has been read. */
    title: text('title'),
    requestedAt: instant('requested_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    /** Calls to the source's API, 429 answers included. */
    sourceCalls: integer('source_calls').notNull().default(0),
    sourceRateLimited: integer('source_rate_limited').notNull().default(0),
    updatedAt: updatedAt(),
  },
  (table) => [
    index().on(table.organisationId, table.requestedAt),
    // One import of a course at a time: a second start is refused by the database itself.
    uniqueIndex('imports_one_active_per_course')
      .on(table.organisationId, table.source, table.sourceCourseId)
      .where(sql`status in ('pending', 'running', 'paused')`),
  ],
);

/** What an asset item needs to be fetched; signed URLs are asked for when they are needed, never kept. */
export interface AssetRequest {
  readonly kind: FileKind;
  readonly fileName: string;
  /** Where the bytes are; null for a video that has no upload URL. */
  readonly url: string | null;
  readonly extension: string | null;
  /** Set for videos: who to ask for a playable URL. */
  readonly video: { readonly courseId: string; readonly lessonId: string; readonly videoId: string } | null;
}

/** The ledger: one thing found at the source and what became of it. Seen-set, checkpoint and counter in one. */
export const importItems = pgTable(
  'import_items',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    importId: text('import_id')
      .notNull()
      .references(() => imports.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: itemKinds }).notNull(),
    sourceId: text('source_id').notNull(),
    /** The item that this one hangs on: a lesson's section, a block's lesson. */
    parentId: text('parent_id'),
    /** For people. */
    title: text('title').notNull(),
    position: integer('position').notNull().default(0),
    status: text('status', { enum: itemStatuses }).notNull().default('pending'),
    /** Why it was skipped or failed: an error code, or a reason of the import engine. */
    reason: text('reason'),
    attempts: integer('attempts').notNull().default(0),
    bytes: bigint('bytes', { mode: 'number' }),
    /** Set when an asset's bytes were in the storage already. */
    deduplicated: integer('deduplicated').notNull().default(0),
    /** Ours: the course, section, lesson, block, quiz or file it became. */
    targetId: text('target_id'),
    contentHash: text('content_hash'),
    request: jsonb('request').$type<AssetRequest>(),
    /** When an event asked for the work on it; null while it waits for its turn, or for the import to go on. */
    requestedAt: instant('requested_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique().on(table.importId, table.kind, table.sourceId),
    index().on(table.importId, table.status),
    index().on(table.importId, table.kind, table.position),
    // Who is next, whatever the size of the course.
    index('import_items_lessons_waiting')
      .on(table.importId, table.position)
      .where(sql`kind = 'lesson' and requested_at is null`),
  ],
);

/** Something a person should know or fix. Equal ones are stored once. */
export const importIssues = pgTable(
  'import_issues',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    importId: text('import_id')
      .notNull()
      .references(() => imports.id, { onDelete: 'cascade' }),
    severity: text('severity', { enum: issueSeverities }).notNull(),
    code: text('code').notNull(),
    /** A sentence for the owner. */
    message: text('message').notNull(),
    /** For the operator. */
    detail: text('detail'),
    itemKind: text('item_kind', { enum: itemKinds }).notNull(),
    sourceId: text('source_id').notNull(),
    /** The source's id of the lesson that it is in; null for what concerns the whole course. */
    lessonSourceId: text('lesson_source_id'),
    /** Null while it is open. */
    resolvedAt: instant('resolved_at'),
    /** Who resolved it: `owner`, or `import` for what a later import has mended. */
    resolvedBy: text('resolved_by', { enum: issueResolvers }),
    createdAt: createdAt(),
  },
  (table) => [
    unique().on(table.importId, table.code, table.itemKind, table.sourceId, table.message),
    // Which links wait for a course that is imported only now.
    index('import_issues_open').on(table.organisationId, table.code).where(sql`resolved_at is null`),
  ],
);

/** Which of our objects came from where, and the hash of what was imported. Survives imports. */
export const sourceLinks = pgTable(
  'source_links',
  {
    organisationId: organisationId(),
    source: text('source', { enum: sourcePlatforms }).notNull(),
    kind: text('kind', { enum: itemKinds }).notNull(),
    sourceId: text('source_id').notNull(),
    /** The source's own word for it, such as `pdf_embed`; null where the kind says all. */
    sourceKind: text('source_kind'),
    targetId: text('target_id').notNull(),
    contentHash: text('content_hash'),
    /** Which import wrote it last. */
    importId: text('import_id').notNull(),
    /** Which import made our object; null for objects that are older than this note. */
    createdBy: text('created_by'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.organisationId, table.source, table.kind, table.sourceId] }),
    index().on(table.organisationId, table.targetId),
    index().on(table.createdBy),
  ],
);

/** The runs that worked for an import, for its report. */
export const importRuns = pgTable(
  'import_runs',
  {
    importId: text('import_id')
      .notNull()
      .references(() => imports.id, { onDelete: 'cascade' }),
    organisationId: organisationId(),
    runId: text('run_id').notNull(),
    jobId: text('job_id').notNull(),
    steps: integer('steps').notNull(),
    updatedAt: updatedAt(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.runId] })],
);

/**
 * Names of courses in the school's addresses (`/courses/<slug>/lectures/<id>`). The source's API does not tell them; they are
 * learnt from links that carry a lesson's id, too, whether that lesson is here yet or not.
 */
export const courseSlugs = pgTable(
  'course_slugs',
  {
    organisationId: organisationId(),
    source: text('source', { enum: sourcePlatforms }).notNull(),
    /** Host and port; empty for relative links while the school's address is not known. */
    host: text('host').notNull(),
    slug: text('slug').notNull(),
    /** A lesson of the course, by the source's id. */
    lessonSourceId: text('lesson_source_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.organisationId, table.source, table.host, table.slug] })],
);
