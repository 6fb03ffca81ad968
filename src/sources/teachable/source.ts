import { AppError } from '../../errors/app-error.ts';
import type { Source, SourceCoursePage } from '../types.ts';
import { createTeachableClient, type TeachableClientOptions } from './client.ts';
import { coursesPerPage, mostPages } from './limits.ts';
import { mapCourse, mapCourseSummary, mapLesson, mapVideo } from './mapper.ts';
import { notAvailable } from './not-available.ts';
import { parseCourse, parseCoursePage, parseCourseSummary, parseLecture, parseVideo } from './schemas.ts';

/** A Teachable school, read through its public API (docs.teachable.com, version 1). */
export function createTeachableSource(options: TeachableClientOptions): Source {
  const client = createTeachableClient(options);
  /** The ids on the last page of courses that was read, to notice a list that repeats itself. */
  let lastPage: { readonly page: number; readonly ids: string } | null = null;

  return {
    platform: 'teachable',
    notAvailable,

    async listCourses(page): Promise<SourceCoursePage> {
      const answer = await client.get('/courses', { page, per: coursesPerPage });
      const list = parseCoursePage(answer.json);
      if (!list) throw answer.unexpected('list of courses');

      const readable = list.courses.flatMap((element) => parseCourseSummary(element) ?? []);
      if (readable.length < list.courses.length) {
        options.log.warn(
          { page, unreadable: list.courses.length - readable.length },
          'Left out unreadable courses',
        );
      }
      const courses = readable.map(mapCourseSummary);
      const ids = courses.map((course) => course.id).join();
      const repeated = lastPage !== null && lastPage.page === page - 1 && lastPage.ids === ids;
      lastPage = { page, ids };
      if (repeated) return { courses: [], next: null };

      // Without a number of pages the list ends with its first empty page.
      const ended = list.courses.length === 0 || page >= (list.pageCount ?? mostPages);
      return { courses, next: ended ? null : page + 1 };
    },

    async readCourse(courseId) {
      const answer = await client.get(`/courses/${toId('course', courseId)}`);
      const course = parseCourse(answer.json);
      if (!course) throw answer.unexpected('course');
      return mapCourse(course);
    },

    async readLesson(courseId, lessonId) {
      const answer = await client.get(
        `/courses/${toId('course', courseId)}/lectures/${toId('lesson', lessonId)}`,
      );
      const lecture = parseLecture(answer.json);
      if (!lecture) throw answer.unexpected('lesson');
      return mapLesson(lecture);
    },

    async readVideo(courseId, lessonId, videoId) {
      const lecture = `/courses/${toId('course', courseId)}/lectures/${toId('lesson', lessonId)}`;
      const answer = await client.get(`${lecture}/videos/${toId('video', videoId)}`);
      const video = parseVideo(answer.json);
      if (!video) throw answer.unexpected('video');
      return mapVideo(video);
    },
  };
}

/** Ids are positive numbers; anything else would reach another path of the API. */
function toId(what: string, id: string): string {
  if (/^[1-9]\d{0,18}$/.test(id)) return id;
  throw new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot read the ${what} "${id.slice(0, 40)}" of Teachable: its id has to be a positive number`,
    publicMessage: `A Teachable ${what} is named by its number, such as 510001. Check the number.`,
    retry: 'never',
  });
}
