import type { Metadata } from 'next';
import Link from 'next/link';
import { cache } from 'react';
import { getContext } from '../../../../../src/context.ts';
import { getLesson } from '../../../../../src/courses/get-lesson.ts';
import type { LessonView } from '../../../../../src/courses/types.ts';
import { Badge } from '../../../../components/badge.tsx';
import { Block } from '../../../../components/blocks/block.tsx';
import { Empty } from '../../../../components/empty.tsx';
import { PageHeading } from '../../../../components/page-heading.tsx';
import { orNotFound } from '../../../../lib/or-not-found.ts';

interface LessonPageProps {
  readonly params: Promise<{ readonly id: string; readonly lessonId: string }>;
}

const load = cache(async (lessonId: string) => orNotFound(getLesson(getContext(), lessonId)));

export async function generateMetadata({ params }: LessonPageProps): Promise<Metadata> {
  return { title: (await load((await params).lessonId)).title };
}

export default async function LessonPage({ params }: LessonPageProps) {
  const lesson = await load((await params).lessonId);
  return (
    <article>
      <PageHeading
        title={lesson.title}
        trail={[
          { href: '/courses', label: 'Courses' },
          { href: `/courses/${lesson.courseId}`, label: lesson.courseTitle },
        ]}
        aside={!lesson.published && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
      >
        <p>{lesson.sectionTitle}</p>
      </PageHeading>
      <div className="max-w-3xl space-y-8">
        {lesson.blocks.map((block) => (
          <Block key={block.id} block={block} lesson={lesson} />
        ))}
        {lesson.blocks.length === 0 && (
          <Empty title="Nothing in this lesson">It came over empty, as it is at the school.</Empty>
        )}
      </div>
      <Neighbours lesson={lesson} />
    </article>
  );
}

function Neighbours({ lesson }: { readonly lesson: LessonView }) {
  const { previous, next, courseId } = lesson;
  if (!previous && !next) return null;
  return (
    <nav aria-label="Lessons" className="mt-12 grid max-w-3xl gap-3 border-line border-t pt-6 sm:grid-cols-2">
      {previous && (
        <Link
          href={`/courses/${courseId}/lessons/${previous.id}`}
          rel="prev"
          className="card block p-4 hover:bg-sunken"
        >
          <span className="block text-muted text-sm">Previous lesson</span>
          {previous.title}
        </Link>
      )}
      {next && (
        <Link
          href={`/courses/${courseId}/lessons/${next.id}`}
          rel="next"
          className="card block p-4 hover:bg-sunken sm:col-start-2 sm:text-right"
        >
          <span className="block text-muted text-sm">Next lesson</span>
          {next.title}
        </Link>
      )}
    </nav>
  );
}
