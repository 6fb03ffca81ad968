import type { Course, Lecture, School, Video } from '../school/school.ts';
import { attachmentId, finishLecture } from './author.ts';
import { edgeCaseSections, edgeCasesCourse } from './edge-cases.ts';
import { findUpload } from './uploads.ts';
import { watercolourCourse, watercolourSections } from './watercolour.ts';

const emptyCourse: Course = {
  id: 510003,
  name: 'Course without lessons',
  heading: null,
  description: '',
  is_published: true,
  image_url: null,
  lecture_sections: [],
};

const lake: Video = { status: 'READY', stream: 'lake', poster: 'cover.jpg', durationSeconds: 8 };
const pear: Video = { status: 'READY', stream: 'pear', poster: 'pear.jpg', durationSeconds: 6 };

const studio: Video = { status: 'READY', stream: 'studio', poster: 'washes.jpg', durationSeconds: 12 };

/** By lecture and number of the attachment in it. */
const videos = new Map<number, Video>([
  [attachmentId(930001, 1), lake],
  [attachmentId(930005, 1), { ...lake, poster: null }],
  [attachmentId(930011, 1), pear],
  [attachmentId(930011, 3), { ...lake, durationSeconds: 4 }],
  [attachmentId(930013, 1), lake],
  [attachmentId(930111, 1), { status: 'FAILED', stream: null, poster: null, durationSeconds: null }],
  [attachmentId(930111, 2), { status: 'PROCESSING', stream: null, poster: null, durationSeconds: null }],
  [attachmentId(930111, 3), { status: 'READY', stream: null, poster: null, durationSeconds: null }],
  [attachmentId(930111, 4), { status: 'READY', stream: null, poster: null, durationSeconds: 4 }],
  [attachmentId(930113, 1), studio],
]);

/** The school that comes with the simulator; its courses are described in the simulator's README. */
export function sampleSchool(): School {
  const lectures = new Map<string, Lecture>();
  for (const [course, sections] of [
    [watercolourCourse, watercolourSections],
    [edgeCasesCourse, edgeCaseSections],
  ] as const) {
    for (const section of sections) {
      for (const draft of section.lectures)
        lectures.set(`${course.id}/${draft.id}`, finishLecture(section.id, draft));
    }
  }
  return {
    courses: [watercolourCourse, edgeCasesCourse, emptyCourse],
    findLecture: (courseId, lectureId) => lectures.get(`${courseId}/${lectureId}`),
    findVideo: (id) => videos.get(id),
    findAsset: findUpload,
  };
}
