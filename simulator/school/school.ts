import type { Asset } from './asset.ts';

/*
 * What a school holds, in the words and with the keys of the wire (docs.teachable.com, reference of the Admin API, and
 * responses that people published). Where a key may be absent, its absence is part of the data.
 */

export interface CourseSummary {
  readonly id: number;
  readonly name: string | null;
  readonly heading: string | null;
  readonly description: string | null;
  readonly is_published: boolean;
  readonly image_url: string | null;
}

export interface LectureOutline {
  readonly id: number;
  readonly position: number | null;
  readonly is_published?: boolean;
}

export interface Section {
  readonly id: number;
  readonly name: string | null;
  readonly is_published: boolean;
  readonly position: number | null;
  readonly lectures: readonly LectureOutline[];
}

export interface Author {
  readonly name: string;
  readonly bio: string | null;
  readonly profile_image_url: string | null;
  readonly user_id: number | null;
}

export interface Course extends CourseSummary {
  readonly lecture_sections: readonly Section[];
  readonly author_bio?: Author | null;
}

export interface QuizQuestion {
  readonly question: string;
  readonly question_type: string;
  readonly answers: readonly string[];
  readonly correct_answers: readonly string[];
  readonly graded: boolean;
}

export interface Quiz {
  readonly id: number;
  readonly type: 'Quiz';
  readonly questions: readonly QuizQuestion[];
}

export interface Attachment {
  readonly id: number;
  readonly name: string | null;
  readonly kind: string;
  readonly url?: string | null;
  readonly text?: string | null;
  readonly position: number | null;
  readonly file_size?: number | null;
  readonly file_extension?: string | null;
  readonly quiz?: Quiz | null;
}

export interface Lecture {
  readonly id: number;
  readonly name: string | null;
  readonly is_published: boolean;
  readonly position: number | null;
  readonly lecture_section_id: number;
  readonly attachments: readonly Attachment[];
}

export const videoStatuses = [
  'READY',
  'PROCESSING',
  'PARTIALLY_READY',
  'QUEUED',
  'THUMBNAIL_READY',
  'FAILED',
] as const;
export type VideoStatus = (typeof videoStatuses)[number];

/** What the player's CDN knows of a video attachment. */
export interface Video {
  readonly status: VideoStatus;
  /** Folder of `content/media/hls` that is played, null when the video has no stream. */
  readonly stream: string | null;
  /** File of `content/media`, null while there is no poster. */
  readonly poster: string | null;
  readonly durationSeconds: number | null;
}

/** The read side of a school. Lectures, videos and assets may be made on demand, always the same for the same id. */
export interface School {
  readonly courses: readonly Course[];
  findLecture(courseId: number, lectureId: number): Lecture | undefined;
  /** By the id of the attachment of kind `video`. */
  findVideo(attachmentId: number): Video | undefined;
  /** By the URL without scheme and query, for example `cdn.fs.teachablecdn.com/4Tq…`. */
  findAsset(location: string): Asset | undefined;
}
