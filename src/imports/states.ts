import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { type ImportStatus, type ItemStatus, imports } from '../db/schema/index.ts';

/**
 * The only ways from one status to another:
 *
 *     pending → running ⇄ paused → completed | partial | failed | cancelled
 *                  ↑                            │         │
 *                  └── failed items again ──────┴─────────┘
 *
 * Completed and cancelled are ends for good: bringing the course up to date means starting another import. One that ended with
 * failed items may run again for these, and nothing else.
 */
const transitions: Readonly<Record<ImportStatus, readonly ImportStatus[]>> = {
  pending: ['running', 'paused', 'failed', 'cancelled'],
  running: ['paused', 'completed', 'partial', 'failed', 'cancelled'],
  paused: ['running', 'failed', 'cancelled'],
  completed: [],
  partial: ['running'],
  failed: ['running'],
  cancelled: [],
};

const finalStatuses: readonly ImportStatus[] = ['completed', 'partial', 'failed', 'cancelled'];

/** Nothing changes any more in an import of this status, unless a person asks for its failed items again. */
export function isFinal(status: ImportStatus): boolean {
  return finalStatuses.includes(status);
}

/** What became of the item is known. */
export function isSettled(status: ItemStatus): boolean {
  return status !== 'pending' && status !== 'running';
}

/** The statuses from which an import may change to this one. */
export function statusesBefore(status: ImportStatus): ImportStatus[] {
  return Object.entries(transitions).flatMap(([from, to]) => (to.includes(status) ? [asStatus(from)] : []));
}

/** Which import, and whose. */
export interface ImportKey {
  readonly organisationId: string;
  readonly importId: string;
}

/** The key of an import's row. */
export function keyOf({
  organisationId,
  id,
}: {
  readonly organisationId: string;
  readonly id: string;
}): ImportKey {
  return { organisationId, importId: id };
}

/**
 * Moves an import to a status, if the transitions allow it from the present one, and stamps its beginning or end.
 *
 * @param from fewer statuses than the transitions allow, for a verb that means only these
 * @returns false when the import is not in a status that leads there: somebody else was faster, and nothing was changed
 */
export async function changeStatus(
  database: Database | Transaction,
  key: ImportKey,
  to: ImportStatus,
  from: readonly ImportStatus[] = statusesBefore(to),
): Promise<boolean> {
  const allowed = statusesBefore(to).filter((status) => from.includes(status));
  const changed = await database
    .update(imports)
    .set({
      status: to,
      ...(to === 'running'
        ? { startedAt: sql`coalesce(${imports.startedAt}, now())`, finishedAt: null }
        : {}),
      // Not when the transaction began: it may have waited for a stage that wrote until now.
      ...(isFinal(to) ? { finishedAt: sql`clock_timestamp()` } : {}),
    })
    .where(
      and(
        eq(imports.id, key.importId),
        eq(imports.organisationId, key.organisationId),
        inArray(imports.status, allowed),
      ),
    )
    .returning({ id: imports.id });
  return changed.length === 1;
}

/** `Object.entries` forgets the type of the keys that the record above declares. */
function asStatus(key: string): ImportStatus {
  return key as ImportStatus;
}
