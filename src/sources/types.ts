/**
 * The contract between the import engine and a platform that courses come from.
 *
 * A source reads and maps; it never writes to our database. Everything is in our words, in source order (sorted, positions
 * dense from 0), and complete: what could not be understood is there as `unsupported`, never left out.
 */

import type { FileKind } from '../db/schema/assets.ts';
import type { SourcePlatform } from '../db/schema/connections.ts';

export interface SourceCourseSummary {
  readonly id: string;
  readonly title: string;
  readonly published: boolean;
}

/** A page of courses; `next` is null on the last one. */
export interface SourceCoursePage {
  readonly courses: readonly SourceCourseSummary[];
  readonly next: number | null;
}

/** Something odd in what was read, for the import's issues. */
export interface SourceRemark {
  readonly code: string;
  readonly severity: 'todo' | 'warning';
  /** A sentence for the owner. */
  readonly message: string;
  readonly detail: string | null;
  /** The block or question it is about; null when it is about the whole thing read. */
  readonly blockSourceId: string | null;
}

export interface SourceLessonReference {
  readonly id: string;
  readonly position: number;
  /** Null when this listing does not say. */
  readonly published: boolean | null;
}

export interface SourceSection {
  readonly id: string;
  readonly title: string;
  readonly position: number;
  readonly published: boolean;
  readonly lessons: readonly SourceLessonReference[];
}

export interface SourceCourse {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string | null;
  /** Raw HTML of the author; hostile until cleaned. */
  readonly descriptionHtml: string | null;
  readonly published: boolean;
  readonly imageUrl: string | null;
  readonly author: {
    readonly name: string;
    /** Raw HTML of the author; hostile until cleaned. */
    readonly bioHtml: string | null;
    readonly imageUrl: string | null;
  } | null;
  readonly sections: readonly SourceSection[];
  readonly remarks: readonly SourceRemark[];
}

export interface SourceQuizQuestion {
  readonly prompt: string;
  readonly type: string;
  readonly answers: ReadonlyArray<{ readonly text: string; readonly correct: boolean }>;
  /** Why a person should look at it; null when it is certain. */
  readonly review: string | null;
  readonly raw: unknown;
}

/** One ordered piece of a lesson. `sourceKind` is the source's own word, such as `pdf_embed`. */
export type SourceBlock = {
  readonly id: string;
  readonly sourceKind: string;
  readonly position: number;
} & (
  | { readonly kind: 'text'; readonly html: string }
  | { readonly kind: 'code'; readonly code: string; readonly language: string | null }
  | { readonly kind: 'embed'; readonly html: string | null; readonly url: string | null }
  | {
      readonly kind: Exclude<FileKind, 'video'>;
      readonly url: string;
      readonly fileName: string;
      readonly extension: string | null;
    }
  | {
      readonly kind: 'video';
      /** The upload, where the source gives it; often forbidden or null, then the playable URL is asked for. */
      readonly url: string | null;
      readonly fileName: string;
      readonly extension: string | null;
    }
  | { readonly kind: 'quiz'; readonly graded: boolean; readonly questions: readonly SourceQuizQuestion[] }
  | { readonly kind: 'unsupported'; readonly reason: string; readonly raw: unknown }
);

export interface SourceLesson {
  readonly id: string;
  readonly sectionId: string;
  readonly title: string;
  readonly published: boolean;
  readonly blocks: readonly SourceBlock[];
  readonly remarks: readonly SourceRemark[];
}

export interface SourceVideo {
  readonly id: string;
  readonly ready: boolean;
  /** The source's own status word. */
  readonly status: string | null;
  /** HLS master playlist, signed and short-lived: a secret while it lives. Use at once, never store or log. */
  readonly playlistUrl: string | null;
  readonly posterUrl: string | null;
  readonly durationMs: number | null;
  /** Headers that the video host asks for. */
  readonly requestHeaders: Readonly<Record<string, string>>;
}

/**
 * A school, seen through one connection. Every call counts against the school's budget.
 *
 * All methods throw `AppError`: `SOURCE_KEY_REJECTED`, `SOURCE_FORBIDDEN`, `SOURCE_NOT_FOUND`, `SOURCE_REQUEST_REFUSED`,
 * `INPUT_INVALID` for an id that cannot be one, `SOURCE_QUOTA_EXHAUSTED` for the rest of the month (never retried),
 * `SOURCE_RATE_LIMITED` (with the wait that the source asked for, or until the budget has room), `SOURCE_UNAVAILABLE` and `SOURCE_ANSWER_INVALID` (later, or after a wait).
 */
export interface Source {
  readonly platform: SourcePlatform;
  /** What the platform's API hands out for no course at all; one thing each, for the owner. */
  readonly notAvailable: readonly string[];
  /** @param page from 1 */
  listCourses(page: number): Promise<SourceCoursePage>;
  readCourse(courseId: string): Promise<SourceCourse>;
  readLesson(courseId: string, lessonId: string): Promise<SourceLesson>;
  readVideo(courseId: string, lessonId: string, videoId: string): Promise<SourceVideo>;
}

/** What a source asks before, and tells after, each call: the school's budget. */
export interface CallBudget {
  /**
   * Takes one call from the allowance, waiting in memory at most a moment, and counts it for the month.
   *
   * @throws {AppError} `SOURCE_RATE_LIMITED` with `{ afterMs }` when there is no room soon; the caller waits durably.
   * `SOURCE_QUOTA_EXHAUSTED`, not to be repeated, when the month's allowance is used up, except for a reserve that imports leave:
   * the caller stops until the next month, which the message names, or until a person has raised the quota
   */
  take(): Promise<void>;
  /**
   * Tells what the source answered: its limit headers, and whether it refused for the rate.
   *
   * @throws {AppError} `SOURCE_QUOTA_EXHAUSTED` for a refusal that means the month's allowance
   */
  observe(answer: CallAnswer): Promise<void>;
}

export interface CallAnswer {
  /** `rate` for a refusal because of too many calls, `quota` for one that names another limit, null for any other answer. */
  readonly refusal: 'rate' | 'quota' | null;
  /** Calls per minute that the source allows, when it says so. */
  readonly limit: number | null;
  /** Calls that are left until `resetMs` from now. */
  readonly remaining: number | null;
  readonly resetMs: number | null;
}
