import { blocks, courses, files, lessons, quizzes, sections } from '../db/schema/index.ts';

/** Where our objects of each kind of item are. */
export const objectTables = {
  course: courses,
  section: sections,
  lesson: lessons,
  block: blocks,
  quiz: quizzes,
  asset: files,
};
