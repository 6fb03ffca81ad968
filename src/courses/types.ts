/** A course as the pages and the export read it. */

import type { FileKind, TextTrack } from '../db/schema/assets.ts';
import type { BlockContent, QuizQuestion } from '../db/schema/courses.ts';
import type { VariantFormat } from '../db/schema/image-variants.ts';

/** A file with what is known of its bytes; `asset` is null while they are on their way or could not be had. */
export interface FileView {
  readonly id: string;
  readonly kind: FileKind;
  readonly name: string;
  readonly asset: {
    readonly id: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly contentType: string;
    readonly extension: string;
    readonly width: number | null;
    readonly height: number | null;
    readonly durationMs: number | null;
  } | null;
  /** Of an image: what pages show in its place, narrow ones first. */
  readonly variants: readonly ImageVariant[];
  /** Of a video: the file that is shown before it plays. */
  readonly posterFileId: string | null;
  /** Of a video: its subtitles. */
  readonly tracks: ReadonlyArray<TextTrack & { readonly fileId: string }>;
}

export interface ImageVariant {
  readonly format: VariantFormat;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

/** What of ours a link to the old school leads to. */
export interface LinkView {
  readonly courseId: string;
  /** Null when it leads to the course itself. */
  readonly lessonId: string | null;
  /** The part of the address from its `#`, empty without one. */
  readonly fragment: string;
}

/** What a course's HTML refers to: files by id, links by the addresses that they have in it. */
export interface HtmlReferences {
  readonly files: Readonly<Record<string, FileView>>;
  /** Links that lead to something of ours; those to anybody else are not in it. */
  readonly links: Readonly<Record<string, LinkView>>;
}

export interface QuizView {
  readonly id: string;
  readonly graded: boolean;
  readonly questions: readonly QuizQuestion[];
}

export interface BlockView {
  readonly id: string;
  readonly position: number;
  readonly content: BlockContent;
}

export interface LessonSummary {
  readonly id: string;
  readonly title: string;
  readonly position: number;
  readonly published: boolean;
  readonly blockCount: number;
}

export interface SectionView {
  readonly id: string;
  readonly title: string;
  readonly position: number;
  readonly published: boolean;
  readonly lessons: readonly LessonSummary[];
}

/** A course in a list. */
export interface CourseSummary {
  readonly id: string;
  readonly title: string;
  readonly state: 'draft' | 'published';
  readonly sectionCount: number;
  readonly lessonCount: number;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface CourseView {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string | null;
  readonly descriptionHtml: string | null;
  readonly state: 'draft' | 'published';
  readonly image: FileView | null;
  readonly author: {
    readonly name: string;
    readonly bioHtml: string | null;
    readonly image: FileView | null;
  } | null;
  readonly sections: readonly SectionView[];
  /** What the description and the author's text refer to. */
  readonly references: HtmlReferences;
}

export interface LessonView extends HtmlReferences {
  readonly id: string;
  readonly courseId: string;
  readonly courseTitle: string;
  readonly sectionTitle: string;
  readonly title: string;
  readonly published: boolean;
  readonly blocks: readonly BlockView[];
  readonly quizzes: Readonly<Record<string, QuizView>>;
  readonly previous: { readonly id: string; readonly title: string } | null;
  readonly next: { readonly id: string; readonly title: string } | null;
}
