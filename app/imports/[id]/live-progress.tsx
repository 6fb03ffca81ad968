'use client';

import type { ImportProgress } from '../../../src/imports/types.ts';
import { formatBytes } from '../../../src/lib/format-bytes.ts';
import { Badge } from '../../components/badge.tsx';
import { Instant } from '../../components/instant.tsx';
import { KindProgress } from '../../components/kind-progress.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { useLiveProgress } from '../../lib/use-live-progress.ts';
import { importStatusWords } from '../../lib/words.ts';

/** The numbers of an import, first as the server saw them, then live. */
export function LiveProgress({ initial }: { readonly initial: ImportProgress }) {
  const { progress, connected } = useLiveProgress(initial);
  const { status, done, found, kinds, bytes, waitingUntil } = progress;
  const running = status === 'running' || status === 'pending';

  return (
    <section aria-labelledby="progress-heading" className="card p-4 sm:p-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="progress-heading" className="text-lg">
          Progress
        </h2>
        <Badge word={importStatusWords[status]} live={running && connected} />
        {!connected && <span className="text-muted text-sm">Connection lost, trying again</span>}
      </div>

      <p className="mt-4 text-3xl">
        <span className="font-semibold">{formatCount(done)}</span>
        <span className="text-muted"> of {formatCount(found)} items done</span>
      </p>
      <p className="mt-1 text-muted">
        {formatBytes(bytes)} of files stored
        {waitingUntil && running && (
          <>
            . Waiting for the school’s API until <Instant at={waitingUntil} />
          </>
        )}
      </p>

      <dl className="mt-4 divide-y divide-line">
        {kinds.map((counts) => (
          <KindProgress key={counts.kind} counts={counts} />
        ))}
      </dl>

      <p className="mt-4 text-muted text-sm">
        <Times progress={progress} />
      </p>
      <p aria-live="polite" className="sr-only">
        {announcement(progress)}
      </p>
    </section>
  );
}

function Times({ progress }: { readonly progress: ImportProgress }) {
  const { requestedAt, startedAt, finishedAt } = progress;
  if (startedAt === null) {
    return (
      <>
        Requested <Instant at={requestedAt} />
      </>
    );
  }
  return (
    <>
      Started <Instant at={startedAt} />
      {finishedAt && (
        <>
          , finished <Instant at={finishedAt} /> after{' '}
          {formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}
        </>
      )}
    </>
  );
}

/** Said aloud at each quarter and at the end, not at every item. */
function announcement({ status, done, found, finishedAt }: ImportProgress): string {
  const state = importStatusWords[status].label;
  if (finishedAt !== null) return `Import: ${state}. ${done} of ${found} items done.`;
  const quarter = found === 0 ? 0 : Math.floor((4 * done) / found) * 25;
  return `Import: ${state}, ${quarter} percent.`;
}
