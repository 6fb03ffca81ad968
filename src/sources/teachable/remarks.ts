import type { SourceRemark } from '../types.ts';

/** What the mapper may have to say about a course; the sentences are for the owner. */
export const remarkMessages = {
  KIND_UNSUPPORTED:
    'This part of the lesson is of a kind that cannot be imported yet. Its data is kept; rebuild it by hand.',
  COMMENTS_NOT_AVAILABLE:
    'Comments were switched on in this lesson. Teachable does not hand out the comments themselves.',
  UPSELL_NOT_AVAILABLE:
    'An offer was shown in this lesson. Teachable does not hand out its content; set it up again.',
  FILE_WITHOUT_URL: 'Teachable gives no address for this file. Upload it by hand.',
  BLOCK_UNREADABLE:
    'Teachable sent a part of this lesson that could not be read. Compare the lesson with the original.',
  BLOCK_LISTED_TWICE: 'Teachable lists two parts of this lesson under one number. Both are kept.',
  CONTENT_MISSING: 'Teachable sent this lesson without its list of contents. Compare it with the original.',
  QUIZ_WITHOUT_QUESTIONS: 'This quiz has no questions.',
  QUIZ_NEEDS_REVIEW: 'Some questions of this quiz need a look: the correct answers are not certain.',
  SECTION_UNREADABLE:
    'Teachable sent a section that could not be read. Compare the course with the original.',
  SECTION_LISTED_TWICE: 'Teachable lists a section twice. It is imported once.',
  LESSON_UNREADABLE:
    'Teachable lists a lesson that could not be read. Compare the section with the original.',
  LESSON_LISTED_TWICE: 'Teachable lists a lesson twice. It is imported where it comes first.',
} as const;

export type RemarkCode = keyof typeof remarkMessages;

/** Nothing for a person to do; all others are. */
const warnings: readonly RemarkCode[] = [
  'COMMENTS_NOT_AVAILABLE',
  'BLOCK_LISTED_TWICE',
  'QUIZ_WITHOUT_QUESTIONS',
  'SECTION_LISTED_TWICE',
  'LESSON_LISTED_TWICE',
];

export function remark(code: RemarkCode, about: { block?: string; detail?: string } = {}): SourceRemark {
  return {
    code,
    severity: warnings.includes(code) ? 'warning' : 'todo',
    message: remarkMessages[code],
    detail: about.detail ?? null,
    blockSourceId: about.block ?? null,
  };
}
