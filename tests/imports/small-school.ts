import fc from 'fast-check';
import type { Attachment, Course, Lecture, School } from '../../simulator/main.ts';
import { bytesBody } from '../../simulator/school/asset.ts';
import { solidPng } from '../../simulator/school/solid-png.ts';

/** What an author could have written, without the ids that Teachable gives. */
export interface DraftLesson {
  readonly id: number;
  readonly name: string;
  readonly published: boolean;
  readonly parts: readonly DraftPart[];
}
export interface DraftPart {
  readonly id: number;
  readonly kind: 'text' | 'image' | 'quiz' | 'code_display' | 'mystery';
  readonly word: string;
}
export interface DraftCourse {
  readonly name: string;
  readonly description: string;
  readonly sections: ReadonlyArray<{
    readonly id: number;
    readonly name: string;
    readonly lessons: readonly DraftLesson[];
  }>;
}

export const courseId = 700_001;
const host = 'cdn.fs.teachablecdn.com';

/** A school with one course that can be replaced by another version of itself at any time. */
export class SmallSchool implements School {
  draft: DraftCourse;

  constructor(draft: DraftCourse) {
    this.draft = draft;
  }

  get courses(): readonly Course[] {
    const { name, description, sections } = this.draft;
    const course: Course = {
      id: courseId,
      name,
      heading: null,
      description,
      is_published: true,
      image_url: null,
      lecture_sections: sections.map((section, index) => ({
        id: section.id,
        name: section.name,
        is_published: true,
        position: index + 1,
        lectures: section.lessons.map(({ id, published }, place) => ({
          id,
          position: place + 1,
          is_published: published,
        })),
      })),
    };
    return [course];
  }

  findLecture(_courseId: number, lectureId: number): Lecture | undefined {
    for (const section of this.draft.sections) {
      const place = section.lessons.findIndex(({ id }) => id === lectureId);
      const lesson = section.lessons[place];
      if (lesson === undefined) continue;
      return {
        id: lesson.id,
        name: lesson.name,
        is_published: lesson.published,
        position: place + 1,
        lecture_section_id: section.id,
        attachments: lesson.parts.map(attachmentOf),
      };
    }
    return undefined;
  }

  findVideo(): undefined {}

  findAsset(location: string) {
    const word = new RegExp(`^${host}/(\\w+)$`).exec(location)?.[1];
    if (word === undefined) return undefined;
    return { status: 200 as const, contentType: 'image/png', body: bytesBody(solidPng(2, 0x336699, word)) };
  }
}

function attachmentOf({ id, kind, word }: DraftPart, index: number): Attachment {
  const common = { id, name: null, kind, url: null, text: null, position: index + 1 };
  switch (kind) {
    case 'text':
      return { ...common, text: `<p>${word} <img src="https://${host}/${word}"></p>` };
    case 'image':
      return { ...common, name: `${word}.png`, url: `https://${host}/${word}`, file_size: 0 };
    case 'quiz':
      return {
        ...common,
        quiz: {
          id: id + 1_000,
          type: 'Quiz',
          questions: [
            {
              question: `${word}?`,
              question_type: 'single',
              answers: [word, 'no'],
              correct_answers: [word],
              graded: true,
            },
          ],
        },
      };
    default:
      return { ...common, text: word };
  }
}

const word = fc.constantFrom('lake', 'pear', 'wash', 'tilt', 'bead');
const part = (ids: () => number): fc.Arbitrary<DraftPart> =>
  fc
    .record({ kind: fc.constantFrom('text', 'image', 'quiz', 'code_display', 'mystery'), word })
    .map((drawn) => ({ id: ids(), ...drawn }) as DraftPart);

/** Courses of a few lessons. */
export const anyCourse: fc.Arbitrary<DraftCourse> = fc.constant(null).chain(() => {
  let lastId = 800_000;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const lesson = fc
    .record({ name: word, published: fc.boolean(), parts: fc.array(part(nextId), { maxLength: 3 }) })
    .map((drawn): DraftLesson => ({ id: nextId(), ...drawn }));
  const section = fc
    .record({ name: word, lessons: fc.array(lesson, { maxLength: 3 }) })
    .map((drawn) => ({ id: nextId(), ...drawn }));
  return fc.record({
    name: word,
    description: word.map((text) => `<p>${text}</p>`),
    sections: fc.array(section, { minLength: 1, maxLength: 3 }),
  });
});

/** What an author does to a course. Numbers choose what it is done to. */
export type Mutation =
  | {
      readonly do: 'rename course' | 'rename section' | 'rename lesson' | 'change part' | 'add part';
      readonly at: number;
      readonly word: string;
    }
  | {
      readonly do:
        | 'drop part'
        | 'drop lesson'
        | 'drop section'
        | 'reverse sections'
        | 'reverse lessons'
        | 'reverse parts'
        | 'move lesson'
        | 'unpublish lesson'
        | 'add lesson';
      readonly at: number;
    };

export const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    do: fc.constantFrom('rename course', 'rename section', 'rename lesson', 'change part', 'add part'),
    at: fc.nat(100),
    word,
  }),
  fc.record({
    do: fc.constantFrom(
      'drop part',
      'drop lesson',
      'drop section',
      'reverse sections',
      'reverse lessons',
      'reverse parts',
      'move lesson',
      'unpublish lesson',
      'add lesson',
    ),
    at: fc.nat(100),
  }),
) as fc.Arbitrary<Mutation>;

/** The course after it. `freshId` is an id that the course has never used. */
export function mutate(course: DraftCourse, mutation: Mutation, freshId: number): DraftCourse {
  const sections = course.sections.map((section) => ({ ...section, lessons: [...section.lessons] }));
  const section = sections[mutation.at % Math.max(1, sections.length)];
  const lessons = sections.flatMap((each) => each.lessons);
  const lesson = lessons[mutation.at % Math.max(1, lessons.length)];
  const change = (to: (from: DraftLesson) => DraftLesson) => ({
    ...course,
    sections: sections.map((each) => ({
      ...each,
      lessons: each.lessons.map((one) => (one === lesson ? to(one) : one)),
    })),
  });
  switch (mutation.do) {
    case 'rename course':
      return { ...course, name: mutation.word, description: `<p>${mutation.word}</p>` };
    case 'rename section':
      return {
        ...course,
        sections: sections.map((each) => (each === section ? { ...each, name: mutation.word } : each)),
      };
    case 'rename lesson':
      return change((from) => ({ ...from, name: mutation.word }));
    case 'unpublish lesson':
      return change((from) => ({ ...from, published: !from.published }));
    case 'change part':
      return change((from) => ({
        ...from,
        parts: from.parts.map((each, index) => (index === 0 ? { ...each, word: mutation.word } : each)),
      }));
    case 'add part':
      return change((from) => ({
        ...from,
        parts: [{ id: freshId, kind: 'text', word: mutation.word }, ...from.parts],
      }));
    case 'drop part':
      return change((from) => ({ ...from, parts: from.parts.slice(1) }));
    case 'reverse parts':
      return change((from) => ({ ...from, parts: [...from.parts].reverse() }));
    case 'drop lesson':
      return {
        ...course,
        sections: sections.map((each) => ({
          ...each,
          lessons: each.lessons.filter((one) => one !== lesson),
        })),
      };
    case 'drop section':
      return { ...course, sections: sections.filter((each) => each !== section || sections.length === 1) };
    case 'reverse sections':
      return { ...course, sections: sections.reverse() };
    case 'reverse lessons':
      return { ...course, sections: sections.map((each) => ({ ...each, lessons: each.lessons.reverse() })) };
    case 'move lesson':
      for (const each of sections) each.lessons = each.lessons.filter((one) => one !== lesson);
      if (lesson !== undefined) sections.at(-1)?.lessons.unshift(lesson);
      return { ...course, sections };
    case 'add lesson':
      section?.lessons.push({ id: freshId, name: 'New', published: true, parts: [] });
      return { ...course, sections };
    default:
      return mutation satisfies never;
  }
}
