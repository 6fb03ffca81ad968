import Link from 'next/link';
import { worstFirst } from '../../../src/imports/issues.ts';
import type { IssueView } from '../../../src/imports/types.ts';
import { Badge } from '../../components/badge.tsx';
import { Empty } from '../../components/empty.tsx';
import { Instant } from '../../components/instant.tsx';
import { Pagination } from '../../components/pagination.tsx';
import { SubmitButton } from '../../components/submit-button.tsx';
import { formatCount } from '../../lib/format.ts';
import { issueSeverityWords, itemKindWords } from '../../lib/words.ts';
import { reopen, resolve } from './actions.ts';
import { Filter, FilterForm } from './filter-form.tsx';
import { type ImportQuery, importHref } from './import-query.ts';
import { KeepFocus } from './keep-focus.tsx';

export interface IssuesProps {
  readonly importId: string;
  readonly query: ImportQuery;
  readonly issues: readonly IssueView[];
  /** How many match the filters, on all pages. */
  readonly total: number;
  /** How many there are without filters. */
  readonly ever: number;
  readonly pageSize: number;
}

/** What a person should know or fix, the gravest first. */
export function Issues({ importId, query, issues, total, ever, pageSize }: IssuesProps) {
  return (
    <section aria-labelledby="issues" className="mt-10">
      <div className="flex flex-wrap items-baseline justify-between gap-3">
        <h2 id="issues" tabIndex={-1} className="text-xl">
          Issues{' '}
          <span className="text-muted">
            {formatCount(total)}
            <span className="sr-only"> {query.issues === 'all' ? 'in all' : query.issues}</span>
          </span>
        </h2>
        {ever > 0 && (
          <a href={`/imports/${importId}/issues`} className="link text-sm">
            All issues as a table (CSV)
          </a>
        )}
      </div>
      <KeepFocus target="issues" when={total} />
      {ever === 0 ? (
        <p className="mt-2 text-muted">None so far. Everything found came over as it was.</p>
      ) : (
        <Filters importId={importId} query={query} />
      )}
      {ever > 0 && issues.length === 0 && (
        <Empty title="No issues here">
          Nothing matches this filter: it is all seen to, or is none of it.
        </Empty>
      )}
      {issues.length > 0 && (
        <ul className="card divide-y divide-line">
          {issues.map((issue) => (
            <Issue key={issue.id} issue={issue} />
          ))}
        </ul>
      )}
      <Pagination
        page={query.issuePage}
        pageSize={pageSize}
        total={total}
        label="Pages of issues"
        hrefOf={(issuePage) => importHref(importId, query, { issuePage }, 'issues')}
      />
    </section>
  );
}

function Filters({ importId, query }: Pick<IssuesProps, 'importId' | 'query'>) {
  const { severity, issues, issuePage: _page, ...kept } = query;
  return (
    <FilterForm key={`${severity}-${issues}`} importId={importId} anchor="issues" kept={kept}>
      <Filter name="severity" label="Severity" value={severity}>
        <option value="">All severities</option>
        {worstFirst.map((each) => (
          <option key={each} value={each}>
            {issueSeverityWords[each].label}
          </option>
        ))}
      </Filter>
      <Filter name="issues" label="State" value={issues}>
        <option value="open">Open</option>
        <option value="resolved">Resolved</option>
        <option value="all">Open and resolved</option>
      </Filter>
    </FilterForm>
  );
}

function Issue({ issue }: { readonly issue: IssueView }) {
  const { id, severity, message, lesson, resolvedAt, resolvedBy } = issue;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-3 px-4 py-3 sm:flex-nowrap">
      <div className="min-w-0 flex-1 basis-full sm:basis-auto">
        <p className="wrap-anywhere">
          <Badge word={issueSeverityWords[severity]} /> <span id={`${id}-message`}>{message}</span>
        </p>
        {resolvedAt && (
          <p className="mt-1 text-muted text-sm">
            {resolvedBy === 'import' ? 'Mended by a later import' : 'Resolved by the owner'},{' '}
            <Instant at={resolvedAt} />
          </p>
        )}
        {lesson && <LessonLinks lesson={lesson} about={`${id}-message`} />}
        <Details issue={issue} />
      </div>
      <form action={resolvedAt ? reopen : resolve}>
        <input type="hidden" name="issueId" value={id} />
        <SubmitButton tone="plain" pendingLabel="Saving …" describedBy={`${id}-message`}>
          {resolvedAt ? 'Reopen' : 'Resolve'}
        </SubmitButton>
      </form>
    </li>
  );
}

function LessonLinks({
  lesson: { path, schoolUrl },
  about,
}: {
  readonly lesson: NonNullable<IssueView['lesson']>;
  readonly about: string;
}) {
  if (path === null && schoolUrl === null) return null;
  return (
    <p className="mt-1 flex flex-wrap gap-x-4 text-sm">
      {path && (
        <Link href={path} className="link" aria-describedby={about}>
          See the lesson
        </Link>
      )}
      {schoolUrl && (
        <a
          href={schoolUrl}
          className="link"
          target="_blank"
          rel="noopener noreferrer"
          aria-describedby={about}
        >
          Edit it at the school
        </a>
      )}
    </p>
  );
}

function Details({ issue: { itemKind, sourceId, code, detail } }: { readonly issue: IssueView }) {
  return (
    <details className="mt-1 text-muted text-sm">
      <summary className="wrap-anywhere w-fit">
        {itemKindWords[itemKind].one} {sourceId}
      </summary>
      <p className="wrap-anywhere mt-1">
        <code>{code}</code>
        {detail && <>: {detail}</>}
      </p>
    </details>
  );
}
