import { and, eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { importItems, imports } from '../db/schema/index.ts';
import type { Emit } from '../jobs/outbox.ts';
import { assetDownload, itemsSettled, lessonProcess } from './events.ts';
import type { Reason, SettledStatus } from './ledger.ts';
import { StageObsolete } from './obsolete.ts';
import { isOpen, takeLessons } from './open-items.ts';
import type { ImportKey } from './states.ts';

/** What an item became. */
export interface Settlement {
  readonly status: SettledStatus;
  readonly reason?: Reason;
  readonly title?: string;
  readonly targetId?: string;
  readonly contentHash?: string;
  readonly bytes?: number;
  readonly deduplicated?: boolean;
}

/** Calls to the source's API that a stage made; added to the import's own count. */
export interface CallCount {
  readonly calls: number;
  readonly rateLimited: number;
}

export interface StageEnd {
  readonly itemId: string;
  readonly settlement: Settlement;
  /** Ids of asset items that this transaction recorded. */
  readonly newAssets?: readonly string[];
  /** How many more lessons to ask for. */
  readonly nextLessons?: number;
  readonly count: CallCount;
}

/**
 * The end of a stage's transaction: takes the import's row, ends without a trace unless the import is running, settles the
 * stage's item, asks for the work that follows, and tells `import/items.settled` when no item is open any more.
 *
 * Comes last: the row is held no longer than needed, and whoever holds it waits for nothing that a stage holds.
 */
export async function closeStage(tx: Transaction, emit: Emit, key: ImportKey, end: StageEnd): Promise<void> {
  const [owner] = await tx
    .update(imports)
    .set({
      sourceCalls: sql`${imports.sourceCalls} + ${end.count.calls}`,
      sourceRateLimited: sql`${imports.sourceRateLimited} + ${end.count.rateLimited}`,
    })
    .where(
      and(
        eq(imports.id, key.importId),
        eq(imports.organisationId, key.organisationId),
        eq(imports.status, 'running'),
      ),
    )
    .returning({ connectionId: imports.connectionId });
  if (!owner) throw new StageObsolete();
  const { lessons, isSettled } = await settleItem(tx, key, end);

  const ofImport = { organisationId: key.organisationId, importId: key.importId };
  for (const itemId of lessons) emit(lessonProcess.create({ ...ofImport, ...owner, itemId }));
  for (const itemId of end.newAssets ?? []) emit(assetDownload.create({ ...ofImport, ...owner, itemId }));
  if (isSettled) emit(itemsSettled.create(ofImport));
}

/**
 * Settles an open item, takes the next lessons, and tells whether nothing is open any more: under the import's row, in one
 * statement. Ends the stage without a trace when the item is settled already.
 */
async function settleItem(
  tx: Transaction,
  key: ImportKey,
  { itemId, settlement, nextLessons = 0 }: StageEnd,
): Promise<{ readonly lessons: readonly string[]; readonly isSettled: boolean }> {
  const { deduplicated, ...change } = settlement;
  const settled = tx.$with('settled').as(
    tx
      .update(importItems)
      .set({ ...change, ...(deduplicated ? { deduplicated: 1 } : {}) })
      .where(and(isOpen(key), eq(importItems.id, itemId)))
      .returning({ id: importItems.id }),
  );
  const requested = tx.$with('requested').as(takeLessons(tx, key, nextLessons, itemId));
  const [row] = await tx
    .with(settled, requested)
    .select({
      lessons: sql<string[]>`array(select ${requested.id} from ${requested} order by ${requested.position})`,
      isSettled: sql<boolean>`not exists (select 1 from ${importItems} where ${isOpen(key)} and ${importItems.id} <> ${itemId})`,
    })
    .from(settled);
  if (!row) throw new StageObsolete();
  return row;
}
