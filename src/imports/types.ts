/** What the pages, the command line and the report read about imports. All of it comes from the ledger's rows. */

import type { SourcePlatform } from '../db/schema/connections.ts';
import type {
  ImportStatus,
  IssueResolver,
  IssueSeverity,
  ItemKind,
  ItemStatus,
} from '../db/schema/imports.ts';

/** The ledger's counts for one kind. It adds up when found = imported + unchanged + skipped + failed. */
export interface KindCounts {
  readonly kind: ItemKind;
  readonly found: number;
  readonly pending: number;
  readonly running: number;
  readonly imported: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly failed: number;
}

export interface ImportSummary {
  readonly id: string;
  readonly status: ImportStatus;
  /** Why it paused by itself: an error code; null when a person paused it, and while it is not paused. */
  readonly pauseReason: string | null;
  /** When what it made was removed again; null while it is there. */
  readonly rolledBackAt: string | null;
  /** The course's name; null until it has been read. */
  readonly title: string | null;
  readonly sourceCourseId: string;
  /** Ours; null until the structure has been read. */
  readonly courseId: string | null;
  readonly source: SourcePlatform;
  readonly schoolLabel: string;
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** One look at an import; changes only when something happened. */
export interface ImportProgress extends ImportSummary {
  readonly kinds: readonly KindCounts[];
  /** Items that are final, of all found so far. */
  readonly done: number;
  readonly found: number;
  readonly bytes: number;
  readonly issues: Readonly<Record<IssueSeverity, number>>;
  /** Set while the school's API makes us wait: no call before then. */
  readonly waitingUntil: string | null;
}

export interface ItemView {
  readonly id: string;
  readonly kind: ItemKind;
  readonly sourceId: string;
  readonly title: string;
  readonly status: ItemStatus;
  /** Why it was skipped or failed. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly bytes: number | null;
  readonly targetId: string | null;
}

export interface IssueView {
  readonly id: string;
  readonly severity: IssueSeverity;
  readonly code: string;
  /** A sentence for the owner; names the lesson, if it is about one. */
  readonly message: string;
  /** For the operator. */
  readonly detail: string | null;
  readonly itemKind: ItemKind;
  readonly sourceId: string;
  /** The lesson that it is in; null for what concerns the whole course. */
  readonly lesson: {
    readonly sourceId: string;
    /** The path of our page; null while it is not here. */
    readonly path: string | null;
    /** Where the owner edits it at the school; null while the school's address is not known. */
    readonly schoolUrl: string | null;
  } | null;
  /** UTC, ISO 8601; null while it is open. */
  readonly resolvedAt: string | null;
  /** The owner, or a later import that mended it. */
  readonly resolvedBy: IssueResolver | null;
}

/** The report of an import. Stable: its fields are documented in docs/report.md and only ever added to. */
export interface ImportReport {
  readonly import: {
    readonly id: string;
    readonly status: ImportStatus;
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
    readonly durationMs: number | null;
  };
  readonly course: { readonly sourceId: string; readonly id: string | null; readonly title: string | null };
  readonly kinds: ReadonlyArray<{
    readonly kind: ItemKind;
    readonly found: number;
    readonly imported: number;
    readonly unchanged: number;
    readonly skipped: number;
    readonly failed: number;
  }>;
  readonly issues: ReadonlyArray<Omit<IssueView, 'id'>>;
  /** What the source's API does not hand out, whatever the course; sentences for the owner. */
  readonly notAvailable: readonly string[];
  readonly source: { readonly calls: number; readonly rateLimited: number };
  readonly assets: { readonly count: number; readonly bytes: number; readonly deduplicated: number };
  readonly engine: { readonly runs: number; readonly steps: number };
}
