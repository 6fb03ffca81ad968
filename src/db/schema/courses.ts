import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, organisationId, updatedAt } from './columns.ts';

export const courseStates = ['draft', 'published'] as const;

export const courses = pgTable(
  'courses',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    title: text('title').notNull(),
    subtitle: text('subtitle'),
    /** Cleaned HTML, see `src/content`. */
    descriptionHtml: text('description_html'),
    state: text('state', { enum: courseStates }).notNull().default('draft'),
    /** Whether students could see it where it came from. */
    publishedAtSource: boolean('published_at_source'),
    imageFileId: text('image_file_id'),
    authorName: text('author_name'),
    authorBioHtml: text('author_bio_html'),
    authorImageFileId: text('author_image_file_id'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.organisationId, table.createdAt)],
);

export const sections = pgTable(
  'sections',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    courseId: text('course_id')
      .notNull()
      .references(() => courses.id, { onDelete: 'cascade' }),
    title: text('title').notNull(),
    /** 0-based and without gaps within the course. */
    position: integer('position').notNull(),
    published: boolean('published').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.courseId, table.position)],
);

export const lessons = pgTable(
  'lessons',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    courseId: text('course_id')
      .notNull()
      .references(() => courses.id, { onDelete: 'cascade' }),
    sectionId: text('section_id')
      .notNull()
      .references(() => sections.id, { onDelete: 'cascade' }),
    title: text('title').notNull(),
    /** 0-based and without gaps within the section. */
    position: integer('position').notNull(),
    published: boolean('published').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.courseId), index().on(table.sectionId, table.position)],
);

/**
 * What a block holds, by kind. HTML is cleaned (see `src/content`) and refers to our files by `data-file="fil_…"`, never by a
 * URL of the source.
 */
export type BlockContent =
  | { readonly kind: 'text'; readonly html: string }
  | { readonly kind: 'video' | 'audio' | 'file' | 'pdf'; readonly fileId: string }
  | { readonly kind: 'image'; readonly fileId: string; readonly alt: string | null }
  | { readonly kind: 'quiz'; readonly quizId: string }
  | { readonly kind: 'code'; readonly code: string; readonly language: string | null }
  | {
      readonly kind: 'embed';
      /** An https address that a sandboxed frame may show, when the embed is one of a known host. */
      readonly frameUrl: string | null;
      /** Known host's name, for people. */
      readonly provider: string | null;
      /** As the author wrote it. Never rendered. */
      readonly sourceHtml: string;
    }
  | {
      readonly kind: 'unsupported';
      readonly sourceKind: string;
      readonly reason: string;
      /** The source's JSON as it came. Never rendered as HTML. */
      readonly raw: unknown;
    };

export type BlockKind = BlockContent['kind'];

export const blocks = pgTable(
  'blocks',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    lessonId: text('lesson_id')
      .notNull()
      .references(() => lessons.id, { onDelete: 'cascade' }),
    /** 0-based and without gaps within the lesson. */
    position: integer('position').notNull(),
    content: jsonb('content').$type<BlockContent>().notNull(),
    kind: text('kind').$type<BlockKind>().notNull().generatedAlwaysAs(sql`content->>'kind'`),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.lessonId, table.position)],
);

export interface QuizQuestion {
  /** Cleaned HTML or plain text; `format` says which. */
  readonly prompt: string;
  readonly format: 'plain' | 'html';
  /** `single`, `multiple`, or the source's own word for a type we cannot show yet. */
  readonly type: string;
  readonly answers: ReadonlyArray<{ readonly text: string; readonly correct: boolean }>;
  /** Why a person should look at this question; null when it is certain. */
  readonly review: string | null;
  /** Kept only where `review` is set because something could not be understood. */
  readonly raw?: unknown;
}

export const quizzes = pgTable(
  'quizzes',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    lessonId: text('lesson_id')
      .notNull()
      .references(() => lessons.id, { onDelete: 'cascade' }),
    graded: boolean('graded').notNull(),
    questions: jsonb('questions').$type<readonly QuizQuestion[]>().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index().on(table.lessonId)],
);
