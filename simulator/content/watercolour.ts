import type { Course } from '../school/school.ts';
import { outline, type SectionDraft } from './author.ts';
import { urlOf } from './uploads.ts';
import { beforeYouPaint } from './watercolour/before-you-paint.ts';
import { ideas } from './watercolour/ideas.ts';
import { lakeAtSunrise } from './watercolour/lake-at-sunrise.ts';
import { waterAndPigment } from './watercolour/water-and-pigment.ts';

/** Sections of the readable sample course, with every attachment kind in its natural place. */
export const watercolourSections: readonly SectionDraft[] = [
  beforeYouPaint,
  waterAndPigment,
  lakeAtSunrise,
  ideas,
];

export const watercolourCourse: Course = {
  id: 510001,
  name: 'Watercolour for Beginners',
  heading: 'From the first wash to a lake at sunrise',
  description:
    '<p>Watercolour has a name for being difficult. It is not: it is <em>impatient people</em> that are difficult.\n</p>\n<p>In twelve short lessons you learn to let water do most of the work.\n</p>\n<ul>\n\t<li>choose three brushes and leave the rest in the shop\n\t</li>\n\t<li>lay a wash without a single hard edge\n\t<ul>\n\t\t<li>flat, graded, wet in wet</li>\n\t</ul></li>\n\t<li>paint a whole landscape in one morning\n\t</li>\n</ul>',
  is_published: true,
  image_url: urlOf('cover'),
  lecture_sections: watercolourSections.map(outline),
  author_bio: {
    name: 'Ada Fennimore',
    bio: '<p>Painter, teacher, keeper of a leaky boat.\n</p>\n<p><span style="font-family:Arial;">Ada has taught watercolour on a lake shore since 2009, mostly to people who were told at school that they cannot draw.</span>\n</p>\n<p><br>\n</p>',
    profile_image_url: urlOf('portrait'),
    user_id: null,
  },
};
