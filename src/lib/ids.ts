import { monotonicFactory } from 'ulid';

/** What each id prefix names; an id reads `imp_01J…` wherever it appears. */
export const idPrefixes = {
  organisation: 'org',
  connection: 'con',
  import: 'imp',
  item: 'itm',
  issue: 'iss',
  course: 'crs',
  section: 'sec',
  lesson: 'les',
  block: 'blk',
  quiz: 'qiz',
  file: 'fil',
  asset: 'ast',
  outbox: 'evt',
} as const;

const nextUlid = monotonicFactory();

/** A new id of the given kind: prefix, underscore, ULID. Ids made by one process sort by the time they were made. */
export function newId(kind: keyof typeof idPrefixes): string {
  return `${idPrefixes[kind]}_${nextUlid()}`;
}
