import { pagePath } from '../../src/courses/page-path.ts';
import type { LinkView } from '../../src/courses/types.ts';

/** Shows the file where a browser can, else downloads it. */
export function fileUrl(fileId: string): string {
  return `/files/${fileId}`;
}

export function downloadUrl(fileId: string): string {
  return `${fileUrl(fileId)}?download`;
}

/** Our page of a lesson or a course. */
export function linkUrl({ courseId, lessonId, fragment }: LinkView): string {
  return `${pagePath(courseId, lessonId)}${fragment}`;
}

/** Another form of an image; other bytes have another address. */
export function variantUrl(fileId: string, sha256: string): string {
  return `${fileUrl(fileId)}?variant=${sha256}`;
}
