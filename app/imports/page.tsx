import Link from 'next/link';
import { listConnections } from '../../src/accounts/connections.ts';
import { getContext } from '../../src/context.ts';
import { getEnv } from '../../src/env.ts';
import { listImports } from '../../src/imports/list.ts';
import type { ImportSummary } from '../../src/imports/types.ts';
import { Badge } from '../components/badge.tsx';
import { Empty } from '../components/empty.tsx';
import { Instant } from '../components/instant.tsx';
import { PageHeading } from '../components/page-heading.tsx';
import { PendingHint } from '../components/pending-hint.tsx';
import { importStatusWords } from '../lib/words.ts';
import { StartForm } from './start-form.tsx';

export const metadata = { title: 'Imports' };

/** More than anybody scrolls through. */
const shownImports = 100;

export default async function ImportsPage() {
  const context = getContext();
  const [imports, schools] = await Promise.all([
    listImports(context, { limit: shownImports }),
    listConnections(context.database, { organisationId: context.organisationId }),
  ]);
  return (
    <>
      <PageHeading title="Imports">
        <p className="max-w-prose">
          Bring a course over from Teachable: its sections, lessons, texts, videos, files and quizzes. Nothing
          changes at the school.
        </p>
      </PageHeading>
      <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <section aria-labelledby="imports-heading">
          <h2 id="imports-heading" className="mb-3 text-xl">
            Your imports
          </h2>
          <ImportList imports={imports} />
        </section>
        <StartForm
          schools={schools.map(({ id, label, apiUrl }) => ({
            connectionId: id,
            label,
            host: new URL(apiUrl).host,
          }))}
          defaultApiUrl={getEnv().TEACHABLE_API_URL}
        />
      </div>
    </>
  );
}

function ImportList({ imports }: { readonly imports: readonly ImportSummary[] }) {
  if (imports.length === 0) {
    return <Empty title="No imports yet">Choose a school and one of its courses to start the first.</Empty>;
  }
  return (
    <ul className="card divide-y divide-line">
      {imports.map(({ id, title, status, schoolLabel, sourceCourseId, requestedAt }) => (
        <li key={id}>
          <Link
            href={`/imports/${id}`}
            className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-3 first:rounded-t-xl last:rounded-b-xl hover:bg-sunken"
          >
            <span className="min-w-0 flex-1 basis-56">
              <span className="wrap-anywhere block font-medium">
                {title ?? `Course ${sourceCourseId}`}
                <PendingHint />
              </span>
              <span className="block text-muted text-sm">
                {schoolLabel}, <Instant at={requestedAt} />
              </span>
            </span>
            <Badge word={importStatusWords[status]} live={status === 'running'} />
          </Link>
        </li>
      ))}
    </ul>
  );
}
