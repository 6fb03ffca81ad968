/** The pages' words for what the ledger holds. A `Record` over each list: a new status without a word does not compile. */

import type { ImportStatus, IssueSeverity, ItemKind, ItemStatus } from '../../src/db/schema/imports.ts';

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad';

export interface Word {
  readonly label: string;
  readonly tone: Tone;
}

export const importStatusWords: Readonly<Record<ImportStatus, Word>> = {
  pending: { label: 'Waiting to start', tone: 'neutral' },
  running: { label: 'Running', tone: 'accent' },
  paused: { label: 'Paused', tone: 'warn' },
  completed: { label: 'Completed', tone: 'good' },
  partial: { label: 'Finished with failures', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
};

export const itemStatusWords: Readonly<Record<ItemStatus, Word>> = {
  pending: { label: 'Waiting', tone: 'neutral' },
  running: { label: 'Running', tone: 'accent' },
  imported: { label: 'Imported', tone: 'good' },
  unchanged: { label: 'Unchanged', tone: 'neutral' },
  skipped: { label: 'Skipped', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
};

export const itemKindWords: Readonly<Record<ItemKind, { readonly one: string; readonly many: string }>> = {
  course: { one: 'Course', many: 'Courses' },
  section: { one: 'Section', many: 'Sections' },
  lesson: { one: 'Lesson', many: 'Lessons' },
  block: { one: 'Block', many: 'Blocks' },
  quiz: { one: 'Quiz', many: 'Quizzes' },
  asset: { one: 'File', many: 'Files' },
};

/** In the order in which a person should read them. */
export const issueSeverityWords: Readonly<Record<IssueSeverity, Word & { readonly explanation: string }>> = {
  error: { label: 'Failed', tone: 'bad', explanation: 'These could not be brought over.' },
  todo: { label: 'To do', tone: 'warn', explanation: 'These need a look or a hand from you.' },
  warning: { label: 'Good to know', tone: 'neutral', explanation: 'These arrived a little differently.' },
};
