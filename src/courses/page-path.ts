/** The path of our page of a course, or of a lesson in it. */
export function pagePath(courseId: string, lessonId: string | null = null): string {
  return lessonId === null ? `/courses/${courseId}` : `/courses/${courseId}/lessons/${lessonId}`;
}
