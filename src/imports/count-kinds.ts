import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { importItems, itemKinds } from '../db/schema/index.ts';
import type { KindCounts } from './types.ts';

/** What the ledger says, counted: one entry for each kind, in the order of the pipeline, and the bytes that arrived. */
export async function countKinds(
  database: Database,
  importId: string,
): Promise<{ readonly kinds: KindCounts[]; readonly bytes: number }> {
  const rows = await database
    .select({
      kind: importItems.kind,
      status: importItems.status,
      items: sql`count(*)`.mapWith(Number),
      bytes: sql`coalesce(sum(${importItems.bytes}), 0)`.mapWith(Number),
    })
    .from(importItems)
    .where(eq(importItems.importId, importId))
    .groupBy(importItems.kind, importItems.status);

  const kinds = itemKinds.map((kind) => {
    const counts = {
      kind,
      found: 0,
      pending: 0,
      running: 0,
      imported: 0,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    };
    for (const row of rows) {
      if (row.kind !== kind) continue;
      counts[row.status] = row.items;
      counts.found += row.items;
    }
    return counts;
  });
  return { kinds, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) };
}
