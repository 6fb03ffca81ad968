import Link from 'next/link';
import { getContext } from '../../src/context.ts';
import { listCourses } from '../../src/courses/list-courses.ts';
import { Badge } from '../components/badge.tsx';
import { Empty } from '../components/empty.tsx';
import { Instant } from '../components/instant.tsx';
import { PageHeading } from '../components/page-heading.tsx';
import { PendingHint } from '../components/pending-hint.tsx';
import { formatQuantity } from '../lib/format.ts';

export const metadata = { title: 'Courses' };

export default async function CoursesPage() {
  const courses = await listCourses(getContext());
  return (
    <>
      <PageHeading title="Courses">
        <p>What has arrived on your platform. New courses are drafts until you publish them.</p>
      </PageHeading>
      {courses.length === 0 ? (
        <Empty title="No courses yet">
          <Link className="link" href="/imports">
            Start an import
          </Link>{' '}
          and its course will appear here.
        </Empty>
      ) : (
        <ul className="card divide-y divide-line">
          {courses.map((course) => (
            <li key={course.id}>
              <Link
                href={`/courses/${course.id}`}
                className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken"
              >
                <span className="wrap-anywhere min-w-0 flex-1 basis-60 font-medium">
                  {course.title}
                  <PendingHint />
                </span>
                {course.state === 'draft' && <Badge word={{ label: 'Draft', tone: 'neutral' }} />}
                <span className="text-muted text-sm">
                  {formatQuantity(course.sectionCount, 'section')},{' '}
                  {formatQuantity(course.lessonCount, 'lesson')}
                </span>
                <span className="text-muted text-sm">
                  <Instant at={course.updatedAt} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
