import type { Metadata } from 'next';
import Link from 'next/link';
import { cache } from 'react';
import { getContext } from '../../../src/context.ts';
import { countFailed } from '../../../src/imports/failed-items.ts';
import { listIssues } from '../../../src/imports/issues.ts';
import { listItems } from '../../../src/imports/items.ts';
import { getMonthlyCalls } from '../../../src/imports/monthly-calls.ts';
import { getProgress } from '../../../src/imports/progress.ts';
import type { ImportProgress } from '../../../src/imports/types.ts';
import { notAvailableFrom } from '../../../src/sources/not-available.ts';
import { PageHeading } from '../../components/page-heading.tsx';
import { orNotFound } from '../../lib/or-not-found.ts';
import { Controls, type ControlsProps } from './controls.tsx';
import { parseImportQuery } from './import-query.ts';
import { Issues } from './issues.tsx';
import { Items } from './items.tsx';
import { LiveProgress } from './live-progress.tsx';
import { NotAvailable } from './not-available.tsx';

interface ImportPageProps {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const itemsPerPage = 25;
const issuesPerPage = 50;

const load = cache(async (importId: string) => orNotFound(getProgress(getContext(), importId)));

export async function generateMetadata({ params }: ImportPageProps): Promise<Metadata> {
  return { title: `Import of ${titleOf(await load((await params).id))}` };
}

export default async function ImportPage({ params, searchParams }: ImportPageProps) {
  const { id } = await params;
  const progress = await load(id);
  const context = getContext();
  const query = parseImportQuery(await searchParams);
  const isUsedUp = progress.status === 'paused' && progress.pauseReason === 'SOURCE_QUOTA_EXHAUSTED';
  const [failed, usedUp, issues, items] = await Promise.all([
    countFailed(context, id),
    isUsedUp ? getMonthlyCalls(context, { importId: id }) : null,
    listIssues(context, {
      importId: id,
      severity: query.severity,
      state: query.issues === 'all' ? undefined : query.issues,
      limit: issuesPerPage,
      offset: (query.issuePage - 1) * issuesPerPage,
    }),
    listItems(context, {
      importId: id,
      kind: query.kind,
      status: query.status,
      limit: itemsPerPage,
      offset: (query.page - 1) * itemsPerPage,
    }),
  ]);
  return (
    <>
      <PageHeading title={titleOf(progress)} trail={[{ href: '/imports', label: 'Imports' }]}>
        <p>
          From {progress.schoolLabel}, course {progress.sourceCourseId}
        </p>
      </PageHeading>
      <LiveProgress key={progress.finishedAt ?? 'open'} initial={progress} />
      <Actions progress={progress} failed={failed} usedUp={usedUp} />
      <Issues
        importId={id}
        query={query}
        issues={issues.issues}
        total={issues.total}
        ever={progress.issues.todo + progress.issues.warning + progress.issues.error}
        pageSize={issuesPerPage}
      />
      <NotAvailable things={notAvailableFrom[progress.source]} />
      <Items
        importId={id}
        courseId={progress.courseId}
        query={query}
        items={items.items}
        total={items.total}
        pageSize={itemsPerPage}
      />
    </>
  );
}

function Actions({ progress, failed, usedUp }: ControlsProps) {
  const { id, courseId, finishedAt } = progress;
  return (
    <div className="mt-4 flex flex-wrap items-start gap-3">
      {courseId && (
        <Link href={`/courses/${courseId}`} className="button button-primary">
          {finishedAt ? 'See the course' : 'See what has arrived'}
        </Link>
      )}
      {finishedAt ? (
        <a href={`/imports/${id}/report`} className="button">
          Download the report
        </a>
      ) : (
        <noscript>
          <a href={`/imports/${id}`} className="button">
            Reload for the latest numbers
          </a>
        </noscript>
      )}
      <Controls progress={progress} failed={failed} usedUp={usedUp} />
    </div>
  );
}

function titleOf({ title, sourceCourseId }: Pick<ImportProgress, 'title' | 'sourceCourseId'>): string {
  return title ?? `Course ${sourceCourseId}`;
}
