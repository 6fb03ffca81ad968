import type { Collection } from '../flow-control/collection.ts';
import type { Run } from '../runs/run.ts';
import { newRunValues, type Row } from './rows.ts';

/** What flow control brings about when it lets events pass, or keeps them back. All of it for one function. */
export interface AdmissionChange {
  readonly functionId: string;
  readonly runs: readonly AdmittedRun[];
  /** By the id that a sender gave to an event: until when no other event with that id is taken for the function. */
  readonly takenIds: ReadonlyMap<string, number>;
  /** By key: when the bucket of the rate limit will be empty. */
  readonly rateLimits: ReadonlyMap<string, number>;
  /** By key: events that wait to become a run; null if they wait no more. */
  readonly collections: ReadonlyMap<string, Collection | null>;
}

export interface AdmittedRun {
  readonly run: Run;
  /** Null if the function is no singleton. */
  readonly singletonKey: string | null;
}

export const admissionSectionNames = [
  'admittedRuns',
  'takenIds',
  'rateLimits',
  'collections',
  'doneCollections',
] as const;
export type AdmissionSectionName = (typeof admissionSectionNames)[number];

export function admissionRows(
  change: AdmissionChange | undefined,
  boot: number,
): Record<AdmissionSectionName, readonly Row[]> {
  if (change === undefined) {
    return { admittedRuns: [], takenIds: [], rateLimits: [], collections: [], doneCollections: [] };
  }
  const { functionId } = change;
  const collections = [...change.collections];
  return {
    admittedRuns: change.runs.map((admitted) => admittedRunRow(admitted, boot)),
    takenIds: [...change.takenIds].map(([key, expiresAtMs]) => [functionId, key, expiresAtMs]),
    rateLimits: [...change.rateLimits].map(([key, emptyAtMs]) => [functionId, key, emptyAtMs]),
    collections: collections.flatMap(([key, collection]) =>
      collection === null ? [] : [collectionRow(functionId, key, collection)],
    ),
    doneCollections: collections.flatMap(([key, collection]) =>
      collection === null ? [[functionId, key]] : [],
    ),
  };
}

function admittedRunRow({ run, singletonKey }: AdmittedRun, boot: number): Row {
  return [
    ...newRunValues(run, boot),
    run.status,
    run.endedAtMs,
    joinIds(run.batch?.eventIds ?? null),
    singletonKey,
  ];
}

function collectionRow(functionId: string, key: string, collection: Collection): Row {
  const { eventIds, bytes, newestTsMs, firstAtMs, dueAtMs } = collection;
  return [functionId, key, joinIds(eventIds), bytes, newestTsMs, firstAtMs, dueAtMs];
}

/** A row is spread over arrays, and PostgreSQL has no arrays of arrays of several lengths. Ids have no commas. */
function joinIds(ids: readonly string[] | null): string | null {
  return ids === null ? null : ids.join(',');
}
