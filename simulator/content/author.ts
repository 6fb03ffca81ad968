import type { Attachment, Lecture, Quiz, QuizQuestion, Section } from '../school/school.ts';

/** An attachment before it has its place in a lecture. */
export type AttachmentDraft = Omit<Attachment, 'id' | 'position'> & { readonly position?: number | null };

/** A lecture with its section, as the files of this folder write it. */
export interface LectureDraft {
  readonly id: number;
  readonly name: string | null;
  readonly position: number | null;
  readonly is_published?: boolean;
  readonly attachments: readonly AttachmentDraft[];
}

export interface SectionDraft extends Omit<Section, 'lectures'> {
  readonly lectures: readonly LectureDraft[];
}

/** HTML of the lesson's body. */
export function text(html: string): AttachmentDraft {
  return { name: null, kind: 'text', url: null, text: html };
}

/** An uploaded file; the wire gives its size as 0. `url` null is what duplicated courses have for their videos. */
export function upload(kind: string, name: string, url: string | null): AttachmentDraft {
  const file_extension = name.slice(name.lastIndexOf('.') + 1);
  return { name, kind, url, text: null, file_size: 0, file_extension };
}

/** A block that is nothing but its kind and, for some kinds, a text. */
export function bare(kind: string, body: string | null = null): AttachmentDraft {
  return { name: null, kind, url: null, text: body };
}

export function quiz(id: number, questions: readonly QuizQuestion[]): AttachmentDraft {
  return {
    name: null,
    kind: 'quiz',
    url: null,
    text: null,
    quiz: { id, type: 'Quiz', questions } satisfies Quiz,
  };
}

export function question(
  type: string,
  wording: string,
  answers: readonly string[],
  correct: readonly string[],
  graded = true,
): QuizQuestion {
  return { question: wording, question_type: type, answers, correct_answers: correct, graded };
}

/** Id of the n-th attachment (from 1) of a lecture of this folder; lecture ids begin at 930000. */
export function attachmentId(lectureId: number, number: number): number {
  return 7_700_000 + (lectureId - 930_000) * 20 + number;
}

export function finishLecture(sectionId: number, draft: LectureDraft): Lecture {
  return {
    id: draft.id,
    name: draft.name,
    position: draft.position,
    is_published: draft.is_published ?? true,
    lecture_section_id: sectionId,
    attachments: draft.attachments.map(({ position, ...rest }, index) => ({
      id: attachmentId(draft.id, index + 1),
      position: position === undefined ? index + 1 : position,
      ...rest,
    })),
  };
}

export function outline({ lectures, ...section }: SectionDraft): Section {
  return {
    ...section,
    lectures: lectures.map(({ id, position, is_published = true }) => ({ id, position, is_published })),
  };
}
