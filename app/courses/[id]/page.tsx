import type { Metadata } from 'next';
import Link from 'next/link';
import { cache } from 'react';
import { getContext } from '../../../src/context.ts';
import { getCourse } from '../../../src/courses/get-course.ts';
import type { CourseView, SectionView } from '../../../src/courses/types.ts';
import { Badge } from '../../components/badge.tsx';
import { CourseHtml } from '../../components/course-html.tsx';
import { CourseImage } from '../../components/course-image.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeading } from '../../components/page-heading.tsx';
import { PendingHint } from '../../components/pending-hint.tsx';
import { formatQuantity } from '../../lib/format.ts';
import { orNotFound } from '../../lib/or-not-found.ts';
import { RedirectLinks } from './redirect-links.tsx';

interface CoursePageProps {
  readonly params: Promise<{ readonly id: string }>;
}

const load = cache(async (courseId: string) => orNotFound(getCourse(getContext(), courseId)));

export async function generateMetadata({ params }: CoursePageProps): Promise<Metadata> {
  return { title: (await load((await params).id)).title };
}

export default async function CoursePage({ params }: CoursePageProps) {
  const course = await load((await params).id);
  const lessonCount = course.sections.reduce((sum, section) => sum + section.lessons.length, 0);
  return (
    <>
      <PageHeading
        title={course.title}
        trail={[{ href: '/courses', label: 'Courses' }]}
        aside={course.state === 'draft' && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
      >
        {course.subtitle && <p className="max-w-prose text-lg">{course.subtitle}</p>}
        <p>
          {formatQuantity(course.sections.length, 'section')}, {formatQuantity(lessonCount, 'lesson')}
        </p>
      </PageHeading>
      <div className="grid gap-10 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="space-y-8">
          {course.sections.map((section, index) => (
            <Section key={section.id} section={section} number={index + 1} courseId={course.id} />
          ))}
          {course.sections.length === 0 && (
            <Empty title="No sections">The course came over empty, as it is at the school.</Empty>
          )}
        </div>
        <About course={course} />
      </div>
    </>
  );
}

interface SectionProps {
  readonly section: SectionView;
  readonly number: number;
  readonly courseId: string;
}

function Section({ section, number, courseId }: SectionProps) {
  return (
    <section aria-labelledby={section.id}>
      <h2 id={section.id} className="flex flex-wrap items-center gap-3 text-lg">
        <span>
          <span className="mr-2 text-muted">{number}</span>
          {section.title}
        </span>
        {!section.published && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
      </h2>
      {section.lessons.length === 0 ? (
        <p className="mt-2 text-muted">No lessons in this section.</p>
      ) : (
        <ol className="card mt-3 divide-y divide-line">
          {section.lessons.map((lesson) => (
            <li key={lesson.id}>
              <Link
                href={`/courses/${courseId}/lessons/${lesson.id}`}
                className="flex min-h-12 flex-wrap items-center gap-x-3 px-4 py-2.5 hover:bg-sunken"
              >
                <span className="min-w-0 flex-1 wrap-anywhere">
                  {lesson.title}
                  <PendingHint />
                </span>
                {!lesson.published && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
                <span className="text-muted text-sm">{formatQuantity(lesson.blockCount, 'part')}</span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function About({ course }: { readonly course: CourseView }) {
  const { author, image, descriptionHtml } = course;
  return (
    <aside aria-label="About the course" className="space-y-6 text-sm max-lg:order-first">
      <CourseImage
        image={image}
        alt=""
        className="aspect-video h-auto w-full max-w-sm rounded-xl object-cover"
        sizes="24rem"
      />
      {descriptionHtml && <CourseHtml html={descriptionHtml} references={course.references} />}
      {author && (
        <div className="border-line border-t pt-6">
          <div className="flex items-center gap-3">
            <CourseImage
              image={author.image}
              alt=""
              className="size-12 rounded-full object-cover"
              sizes="3rem"
            />
            <p className="font-semibold text-base">{author.name}</p>
          </div>
          {author.bioHtml && (
            <div className="mt-3">
              <CourseHtml html={author.bioHtml} references={course.references} />
            </div>
          )}
        </div>
      )}
      <RedirectLinks courseId={course.id} />
    </aside>
  );
}
