import {
  findGeneratedAsset,
  type LessonOptions,
  makeAttachments,
  makeTitle,
  ordinalOfAttachment,
} from './generated-lecture.ts';
import type { Course, Lecture, LectureOutline, School, Section } from './school.ts';

export interface GeneratedSchoolOptions extends Partial<LessonOptions> {
  readonly courses: number;
  /** In each course. */
  readonly lessons: number;
  /** Lessons in a section. Default 10. */
  readonly lessonsPerSection?: number;
}

const firstCourseId = 600_001;
const firstSectionId = 5_000_000;
const firstLectureId = 10_000_000;
/** Keeps every id within 32 bits. */
const maxLessons = 100_000_000;

/**
 * A school of any size. Only the outline is kept; lectures and files are made when they are asked for, always the same for the
 * same seed.
 *
 * @throws {RangeError} when a number is too small or not whole, or there are more lessons than ids.
 */
export function generateSchool(options: GeneratedSchoolOptions): School {
  const { courses, lessons, lessonsPerSection = 10, seed = 1 } = options;
  for (const [name, value, least] of [
    ['courses', courses, 0],
    ['lessons', lessons, 0],
    ['lessonsPerSection', lessonsPerSection, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(
        `Cannot generate a school: ${name} is ${value}, use a whole number from ${least} on`,
      );
    }
  }
  if (courses * lessons > maxLessons) {
    throw new RangeError(
      `Cannot generate a school: ${courses * lessons} lessons in all, the limit is ${maxLessons}`,
    );
  }
  const content: LessonOptions = { ...options, seed };
  const sectionsPerCourse = Math.ceil(lessons / lessonsPerSection);

  function makeCourse(index: number): Course {
    const lecture_sections = Array.from({ length: sectionsPerCourse }, (_, section): Section => {
      const first = section * lessonsPerSection;
      const length = Math.min(lessonsPerSection, lessons - first);
      const lectures = Array.from({ length }, (_, lecture): LectureOutline => {
        const ordinal = index * lessons + first + lecture;
        return { id: firstLectureId + ordinal, position: lecture + 1, is_published: true };
      });
      const id = firstSectionId + index * sectionsPerCourse + section;
      return {
        id,
        name: makeTitle(seed, 'section', id),
        is_published: true,
        position: section + 1,
        lectures,
      };
    });
    const id = firstCourseId + index;
    return {
      id,
      name: `${makeTitle(seed, 'course', id)} ${index + 1}`,
      heading: null,
      description: '',
      is_published: true,
      image_url: null,
      lecture_sections,
    };
  }

  function makeLecture(ordinal: number): Lecture {
    const course = Math.floor(ordinal / lessons);
    const inCourse = ordinal % lessons;
    return {
      id: firstLectureId + ordinal,
      name: `${makeTitle(seed, 'lecture', ordinal)} ${inCourse + 1}`,
      is_published: true,
      position: (inCourse % lessonsPerSection) + 1,
      lecture_section_id:
        firstSectionId + course * sectionsPerCourse + Math.floor(inCourse / lessonsPerSection),
      attachments: makeAttachments(ordinal, content),
    };
  }

  const exists = (ordinal: number) => ordinal >= 0 && ordinal < courses * lessons;
  return {
    courses: Array.from({ length: courses }, (_, index) => makeCourse(index)),
    findLecture: (courseId, lectureId) => {
      const ordinal = lectureId - firstLectureId;
      const belongs = exists(ordinal) && Math.floor(ordinal / lessons) === courseId - firstCourseId;
      return belongs ? makeLecture(ordinal) : undefined;
    },
    findVideo: (attachmentId) => {
      const ordinal = ordinalOfAttachment(attachmentId);
      const found = exists(ordinal)
        ? makeAttachments(ordinal, content).find(({ id }) => id === attachmentId)
        : undefined;
      return found?.kind === 'video'
        ? { status: 'READY', stream: 'pear', poster: 'pear.jpg', durationSeconds: 6 }
        : undefined;
    },
    findAsset: (location) => findGeneratedAsset(location, content),
  };
}
