import { getContext } from '../../context.ts';
import type { EndedRun } from '../../jobs/run-middleware.ts';
import { courseCancelled, coursePaused } from '../events.ts';
import { recordRun } from '../record-run.ts';
import type { ImportKey } from '../states.ts';

/** What all jobs of an import have in common. */
export const ofImport = {
  /** With the engine's pauses of 15 s, 30 s, 1, 2 and 5 minutes a school may be away for eight minutes. */
  retries: 5,
  cancelOn: [
    { event: courseCancelled, match: 'data.importId' },
    { event: coursePaused, match: 'data.importId' },
  ],
  onEnd: ({ data, ...run }: EndedRun & { readonly data: ImportKey }) =>
    recordRun(getContext(data.organisationId).database, data, run),
} as const;

/** A school's jobs share its limits: so many of one kind at once. */
export function perSchool(limit: number) {
  return { limit, key: 'event.data.connectionId' } as const;
}

/** So that an import does not wait behind all that a larger one has asked for. */
export function perImport(limit: number) {
  return { limit, key: 'event.data.importId' } as const;
}
