import type { Asset } from './asset.ts';
import type { Attachment, Course, Lecture, School, Video } from './school.ts';

/** What may be edited about a lecture between two calls, as its author would. */
export interface LectureEdit {
  readonly name?: string | null;
  readonly is_published?: boolean;
  readonly position?: number | null;
  readonly attachments?: readonly Attachment[];
}

/** A school that changes while somebody reads it. The school underneath stays as it is. */
export class EditableSchool implements School {
  readonly #base: School;
  #deletedCourses = new Set<number>();
  #deletedLectures = new Set<number>();
  #lectureEdits = new Map<number, LectureEdit>();
  #videoEdits = new Map<number, Partial<Video>>();

  constructor(base: School) {
    this.#base = base;
  }

  get courses(): readonly Course[] {
    return this.#base.courses.filter(({ id }) => !this.#deletedCourses.has(id));
  }

  /** Null when there is none, or when it was deleted. */
  findCourse(courseId: number): Course | null {
    const course = this.#base.courses.find(({ id }) => id === courseId);
    if (course === undefined || this.#deletedCourses.has(courseId)) return null;
    const lecture_sections = course.lecture_sections.map((section) => ({
      ...section,
      lectures: section.lectures
        .filter(({ id }) => !this.#deletedLectures.has(id))
        .map((lecture) => {
          const { position = lecture.position, is_published = lecture.is_published } =
            this.#lectureEdits.get(lecture.id) ?? {};
          return { ...lecture, position, ...(is_published === undefined ? {} : { is_published }) };
        }),
    }));
    return { ...course, lecture_sections };
  }

  findLecture(courseId: number, lectureId: number): Lecture | undefined {
    if (this.#deletedCourses.has(courseId) || this.#deletedLectures.has(lectureId)) return undefined;
    const lecture = this.#base.findLecture(courseId, lectureId);
    return lecture && { ...lecture, ...this.#lectureEdits.get(lectureId) };
  }

  findVideo(attachmentId: number): Video | undefined {
    const video = this.#base.findVideo(attachmentId);
    return video && { ...video, ...this.#videoEdits.get(attachmentId) };
  }

  findAsset(location: string): Asset | undefined {
    return this.#base.findAsset(location);
  }

  deleteCourse(courseId: number): void {
    this.#deletedCourses.add(courseId);
  }

  deleteLecture(lectureId: number): void {
    this.#deletedLectures.add(lectureId);
  }

  editLecture(lectureId: number, edit: LectureEdit): void {
    this.#lectureEdits.set(lectureId, { ...this.#lectureEdits.get(lectureId), ...edit });
  }

  editVideo(attachmentId: number, edit: Partial<Video>): void {
    this.#videoEdits.set(attachmentId, { ...this.#videoEdits.get(attachmentId), ...edit });
  }

  /** As if nothing had been deleted or edited. */
  reset(): void {
    this.#deletedCourses = new Set();
    this.#deletedLectures = new Set();
    this.#lectureEdits = new Map();
    this.#videoEdits = new Map();
  }
}
