import { and, eq, inArray, notExists, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { files, type ItemKind, importItems } from '../db/schema/index.ts';
import { countKinds } from './count-kinds.ts';
import { objectTables } from './object-tables.ts';

/** Where a ledger does not add up. */
export interface Mismatch {
  readonly kind: ItemKind;
  /** For the operator. */
  readonly detail: string;
}

/**
 * Proves a ledger: for each kind, everything found is settled, and everything that is said to be here is here (an asset with
 * its bytes).
 *
 * @returns nothing when it adds up
 */
export async function verifyLedger(database: Database, importId: string): Promise<Mismatch[]> {
  const mismatches: Mismatch[] = [];
  const { kinds } = await countKinds(database, importId);
  for (const { kind, found, imported, unchanged, skipped, failed } of kinds) {
    const settled = imported + unchanged + skipped + failed;
    if (settled !== found) mismatches.push({ kind, detail: `${found} found, but only ${settled} settled` });

    const missing = imported + unchanged === 0 ? 0 : await countMissing(database, importId, kind);
    if (missing > 0) mismatches.push({ kind, detail: `${missing} settled as being here, but are not` });
  }
  return mismatches;
}

async function countMissing(database: Database, importId: string, kind: ItemKind): Promise<number> {
  const table = objectTables[kind];
  const target = database
    .select({ one: sql`1` })
    .from(table)
    .where(
      and(
        eq(table.id, importItems.targetId),
        kind === 'asset' ? sql`${files.assetId} is not null` : undefined,
      ),
    );
  const [row] = await database
    .select({ missing: sql`count(*)`.mapWith(Number) })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, importId),
        eq(importItems.kind, kind),
        inArray(importItems.status, ['imported', 'unchanged']),
        notExists(target),
      ),
    );
  return row?.missing ?? 0;
}
