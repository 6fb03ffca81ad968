import type { Context } from '../../context.ts';
import { withOutbox } from '../../jobs/outbox.ts';
import { lockImport } from '../find-import.ts';
import { requestOpenItems } from '../open-items.ts';

/**
 * Asks for the open items of a running import that nobody was asked for. Repeating it asks for nothing twice.
 *
 * @returns null when the import is not running
 */
export async function requestItems(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  { importId }: { readonly importId: string },
): Promise<{ readonly requested: number } | null> {
  return withOutbox(database, async (tx, emit) => {
    const row = await lockImport(tx, { organisationId, importId });
    return row.status === 'running' ? { requested: await requestOpenItems(tx, emit, row) } : null;
  });
}
