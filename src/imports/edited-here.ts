import type { ItemKind } from '../db/schema/index.ts';
import { type Issue, type NewItem, reasons } from './ledger.ts';
import type { Linked } from './source-links.ts';

/** Whether an object of ours stays as it is. */
export function isKept(state: Linked['state']): boolean {
  return state === 'unchanged' || state === 'edited';
}

/** How an item is settled in the transaction that links it. */
export function settledAs(state: Linked['state']): Pick<NewItem, 'reason'> & {
  readonly status: 'imported' | 'unchanged' | 'skipped';
} {
  if (state === 'edited') return { status: 'skipped', reason: reasons.editedHere };
  return { status: state === 'unchanged' ? 'unchanged' : 'imported' };
}

/** @param what begins the sentence, such as `The section "Colours"` */
export function editedIssue(itemKind: ItemKind, sourceId: string, what: string): Issue {
  return {
    severity: 'todo',
    code: reasons.editedHere,
    message: `${what} was changed at your school and here. Yours is kept: bring it up to date by hand, or import the course again and choose to overwrite what was edited here.`,
    detail: null,
    itemKind,
    sourceId,
  };
}
