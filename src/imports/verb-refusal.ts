import type { ImportStatus } from '../db/schema/index.ts';
import { AppError } from '../errors/app-error.ts';
import type { ImportRow } from './find-import.ts';

/** How the present status reads in "This import …". */
const words: Readonly<Record<ImportStatus, string>> = {
  pending: 'has not begun yet',
  running: 'is running',
  paused: 'is paused',
  completed: 'has ended already, with everything',
  partial: 'has ended already, with failures',
  failed: 'has ended already: it failed',
  cancelled: 'has ended already: it was cancelled',
};

/**
 * The error for a verb that the import's present status does not allow.
 *
 * @param verb completes "Cannot … import"
 */
export function refusal({ id, status }: Pick<ImportRow, 'id' | 'status'>, verb: string): AppError {
  return conflict(`Cannot ${verb} import "${id}": it is ${status}`, `This import ${words[status]}.`);
}

export function conflict(message: string, publicMessage: string): AppError {
  return new AppError({ code: 'CONFLICT', message, publicMessage, retry: 'never' });
}
