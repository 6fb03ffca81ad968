import { z } from 'zod';
import type { SchoolBudget } from '../../src/sources/teachable/school-budget.ts';
import type { SourceCourseSummary } from '../../src/sources/types.ts';

/** The fields of the start form that an error can stand beside; `form` is for what belongs to none of them. */
export type StartField =
  | 'connectionId'
  | 'label'
  | 'apiKey'
  | 'apiUrl'
  | 'schoolUrls'
  | 'courseId'
  | 'monthlyCalls'
  | 'form';
export type StartErrors = Readonly<Partial<Record<StartField, string>>>;

export interface ChosenSchool {
  readonly connectionId: string;
  readonly label: string;
  /** Nobody has told yet where its own pages are. */
  readonly lacksAddress: boolean;
  readonly budget: SchoolBudget;
  /** The first page of its courses. */
  readonly courses: readonly SourceCourseSummary[];
  /** The school has more than these. */
  readonly more: boolean;
}

/** Where somebody is in starting an import: first the school, then the course. Never holds an API key. */
export interface StartState {
  /** Null until a school has answered. */
  readonly school: ChosenSchool | null;
  /** The saved school that does not answer because its month is used up: its choice asks for the plan's number of calls. */
  readonly usedUpSchool: { readonly connectionId: string; readonly budget: SchoolBudget } | null;
  readonly errors: StartErrors;
  /** What was typed, to be shown again. */
  readonly values: {
    readonly connectionId: string;
    readonly label: string;
    readonly apiUrl: string;
    readonly schoolUrls: string;
    readonly courseId: string;
    readonly monthlyCalls: string;
    readonly overwriteEdits: boolean;
  };
  /** The import that runs already for the chosen course. */
  readonly runningImportId: string | null;
  /** Counts answers, so that the form begins anew with each. */
  readonly answers: number;
}

/** The choice "another school" in the list of schools. */
export const newSchool = 'new';

/** The choice "by its id" in the list of courses. */
export const otherCourse = 'other';

const text = z.string().trim().default('');

/** What a browser sends: a step and its fields. Everything is optional here, what is missing is told beside its field. */
export const startForm = z.object({
  step: z.enum(['school', 'course', 'back']).catch('school'),
  connectionId: text,
  label: text,
  apiKey: text,
  apiUrl: text,
  schoolUrls: text,
  course: text,
  courseId: text,
  /** Not sent where it was not asked for: what is known is then left alone. */
  monthlyCalls: z.string().trim().optional(),
  overwriteEdits: z
    .literal('yes')
    .optional()
    .transform((value) => value === 'yes'),
});

export type StartForm = z.output<typeof startForm>;
