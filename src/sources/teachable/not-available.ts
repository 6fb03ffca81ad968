/**
 * What version 1 of Teachable's public API hands out for no course (docs.teachable.com/reference: its schemas have no members
 * for these). Each for the owner, who may want to save or rebuild it before the school is closed.
 */
export const notAvailable: readonly string[] = [
  'Captions and transcripts of videos',
  'Original files of videos whose upload Teachable does not give out; the version for watching is taken',
  'Alternative texts of images, and whether a file may be downloaded',
  'The language of code examples',
  'Which lessons are free previews',
  'When lessons are released (drip)',
  'What has to be watched or passed before the next lesson (lecture compliance)',
  'Explanations, pass marks and attempts of quizzes',
  'Certificates and their design',
  'Comments of students',
  'Upsells and their content',
  'Sales pages, and their texts made with the page editor',
  'Coupons',
  'Bundles, coaching, downloads and community',
  'Categories, SEO data and the names of courses in addresses (slugs)',
  'More than one author of a course',
  'Dates when content was created or changed',
];
