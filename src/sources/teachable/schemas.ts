/**
 * Teachable's answers as they come over the wire, reduced to what an import needs.
 *
 * Tolerant on purpose, because answers differ from docs.teachable.com in details: unknown keys pass, a missing or oddly typed
 * detail becomes null, lists keep elements that nobody understands for the mapper to report.
 */

import { z } from 'zod';

const id = z.union([z.int().positive(), z.string().regex(/^[1-9]\d*$/)]).transform(String);
const text = orNull(z.string());
const flag = orNull(z.boolean());
const number = orNull(z.number());
const list = orNull(z.array(z.unknown()));

/** The value when it fits, null when it is missing or of another type. */
function orNull<Output>(schema: z.ZodType<Output>) {
  return schema
    .nullish()
    .transform((value) => value ?? null)
    .catch(null);
}

const courseSummary = z.object({ id, name: text, is_published: flag });

const author = z.object({ name: text, bio: text, profile_image_url: text });

const course = z.object({
  id,
  name: text,
  heading: text,
  description: text,
  is_published: flag,
  image_url: text,
  author_bio: orNull(author),
  // Not tolerant: a course read without its sections would pass for an empty one.
  lecture_sections: z.array(z.unknown()),
});

const section = z.object({
  id: orNull(id),
  name: text,
  is_published: flag,
  position: number,
  lectures: list,
});

const lectureReference = z.object({ id, position: number, is_published: flag });

const lecture = z.object({
  id,
  name: text,
  is_published: flag,
  lecture_section_id: orNull(id),
  attachments: list,
});

const attachment = z.object({
  id: orNull(id),
  name: text,
  kind: text,
  url: text,
  text,
  position: number,
  file_extension: text,
  quiz: z.unknown().optional(),
});

const quizBody = z.object({ questions: z.array(z.unknown()) });

const quizQuestion = z.object({
  question: z.string(),
  question_type: text,
  answers: list,
  correct_answers: list,
  graded: flag,
});

const videoAsset = z.object({ url: text });

const video = z.object({
  id,
  // One variant of the call answers with a list.
  video_asset: orNull(z.union([videoAsset, z.array(videoAsset).transform((assets) => assets[0] ?? null)])),
  status: text,
  url_thumbnail: text,
  media_duration: number,
});

export type WireCourseSummary = z.output<typeof courseSummary>;
export type WireCourse = z.output<typeof course>;
export type WireLectureReference = z.output<typeof lectureReference>;
export type WireLecture = z.output<typeof lecture>;
export type WireAttachment = z.output<typeof attachment>;
export type WireQuizQuestion = z.output<typeof quizQuestion>;
export type WireVideo = z.output<typeof video>;

/** A page of `GET /courses`; null when the answer is something else. */
export function parseCoursePage(answer: unknown): { courses: unknown[]; pageCount: number | null } | null {
  const page = z.object({ courses: z.array(z.unknown()), meta: z.unknown().optional() }).safeParse(answer);
  if (!page.success) return null;
  const meta = z.object({ number_of_pages: z.int().positive() }).safeParse(page.data.meta);
  return { courses: page.data.courses, pageCount: meta.success ? meta.data.number_of_pages : null };
}

export const parseCourseSummary = parser(courseSummary);
export const parseCourse = parser(course, 'course');
export const parseSection = parser(section);
export const parseLectureReference = parser(lectureReference);
export const parseLecture = parser(lecture, 'lecture');
export const parseQuizQuestion = parser(quizQuestion);
export const parseVideo = parser(video, 'video');

/** An attachment; a quiz may come in an envelope of its own. */
export function parseAttachment(element: unknown): WireAttachment | null {
  const parsed = attachment.safeParse(element);
  if (parsed.success && parsed.data.kind !== null) return parsed.data;
  const inner = attachment.safeParse(property(element, 'quiz'));
  return inner.success && inner.data.kind === 'quiz' ? inner.data : null;
}

/** A quiz's questions, with or without the envelope; null when there is no quiz in it. */
export function parseQuizQuestions(quiz: unknown): readonly unknown[] | null {
  const body = quizBody.safeParse(quiz);
  if (body.success) return body.data.questions;
  const inner = quizBody.safeParse(property(quiz, 'quiz'));
  return inner.success ? inner.data.questions : null;
}

/** A function that reads one thing, inside its envelope or bare, and answers null when it is not there. */
function parser<Output>(schema: z.ZodType<Output>, envelope?: string): (answer: unknown) => Output | null {
  return (answer) => {
    const inner = envelope === undefined ? undefined : property(answer, envelope);
    const parsed = schema.safeParse(inner ?? answer);
    return parsed.success ? parsed.data : null;
  };
}

function property(value: unknown, name: string): unknown {
  const record = z.record(z.string(), z.unknown()).safeParse(value);
  return record.success ? record.data[name] : undefined;
}
