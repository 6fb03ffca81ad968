import { getContext } from '../../context.ts';
import type { EndedRun } from '../../jobs/run-middleware.ts';
import { courseCancelled } from '../events.ts';
import { recordRun } from '../record-run.ts';
import type { ImportKey } from '../states.ts';

/** What all jobs of an import have in common. */
export const ofImport = {
  /** With the engine's back-off (10 s and doubling) a source may be away for five minutes. */
  retries: 5,
  cancelOn: [{ event: courseCancelled, match: 'data.importId' }],
  onEnd: ({ data, ...run }: EndedRun & { readonly data: ImportKey }) =>
    recordRun(getContext(data.organisationId).database, data, run),
} as const;

/** A school's jobs share its limits: so many of one kind at once. */
export function perSchool(limit: number) {
  return { limit, key: 'event.data.connectionId' } as const;
}
