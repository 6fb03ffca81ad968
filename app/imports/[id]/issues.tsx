import type { IssueSeverity } from '../../../src/db/schema/imports.ts';
import type { IssueView } from '../../../src/imports/types.ts';
import { Badge } from '../../components/badge.tsx';
import { formatCount } from '../../lib/format.ts';
import { issueSeverityWords, itemKindWords } from '../../lib/words.ts';

const severities: readonly IssueSeverity[] = ['error', 'todo', 'warning'];

export interface IssuesProps {
  /** The first so many; `counts` knows how many there are. */
  readonly issues: readonly IssueView[];
  readonly counts: Readonly<Record<IssueSeverity, number>>;
}

/** What a person should know or fix, the gravest first. */
export function Issues({ issues, counts }: IssuesProps) {
  const total = counts.error + counts.todo + counts.warning;
  return (
    <section aria-labelledby="issues-heading" className="mt-10">
      <h2 id="issues-heading" className="text-xl">
        Issues <span className="text-muted">{formatCount(total)}</span>
      </h2>
      {total === 0 && <p className="mt-2 text-muted">None so far. Everything found came over as it was.</p>}
      {severities.map((severity) => (
        <IssueGroup
          key={severity}
          severity={severity}
          count={counts[severity]}
          issues={issues.filter((issue) => issue.severity === severity)}
        />
      ))}
      {issues.length < total && (
        <p className="mt-3 text-muted text-sm">
          These are the first {formatCount(issues.length)}; the report has all of them.
        </p>
      )}
    </section>
  );
}

function IssueGroup({
  severity,
  count,
  issues,
}: {
  readonly severity: IssueSeverity;
  readonly count: number;
  readonly issues: readonly IssueView[];
}) {
  const word = issueSeverityWords[severity];
  if (issues.length === 0) return null;
  return (
    <section aria-labelledby={`issues-${severity}`} className="mt-5">
      <h3 id={`issues-${severity}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 font-normal">
        <Badge word={{ ...word, label: `${word.label} · ${formatCount(count)}` }} />
        <span className="text-muted text-sm">{word.explanation}</span>
      </h3>
      <ul className="card mt-3 divide-y divide-line">
        {issues.map((issue) => (
          <li key={issue.id} className="px-4 py-3">
            <p>{issue.message}</p>
            <details className="mt-1 text-muted text-sm">
              <summary className="w-fit">
                {itemKindWords[issue.itemKind].one} {issue.sourceId}
              </summary>
              <p className="mt-1 wrap-anywhere">
                <code>{issue.code}</code>
                {issue.detail && <>: {issue.detail}</>}
              </p>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
