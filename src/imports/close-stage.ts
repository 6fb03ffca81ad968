import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { importItems, imports } from '../db/schema/index.ts';
import type { Emit } from '../jobs/outbox.ts';
import { assetDownload, itemsSettled, lessonProcess } from './events.ts';
import type { Reason, SettledStatus } from './ledger.ts';
import { StageObsolete } from './obsolete.ts';
import { hasOpenItem, requestLessons } from './open-items.ts';
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

/**
 * The end of a stage's transaction: takes the import's row, ends without a trace unless the import is running, settles the
 * stage's item, asks for the work that follows, and tells `import/items.settled` when no item is open any more.
 *
 * Comes last: the row is held no longer than needed, and whoever holds it waits for nothing that a stage holds.
 */
export async function closeStage(
  tx: Transaction,
  emit: Emit,
  key: ImportKey,
  end: {
    readonly itemId: string;
    readonly settlement: Settlement;
    /** Ids of asset items that this transaction recorded. */
    readonly newAssets?: readonly string[];
    /** How many more lessons to ask for. */
    readonly nextLessons?: number;
    readonly count: CallCount;
  },
): Promise<void> {
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
  await settleItem(tx, key, end.itemId, end.settlement);

  const ofImport = { organisationId: key.organisationId, importId: key.importId };
  const lessons = await requestLessons(tx, key, end.nextLessons ?? 0);
  for (const itemId of lessons) emit(lessonProcess.create({ ...ofImport, ...owner, itemId }));
  for (const itemId of end.newAssets ?? []) emit(assetDownload.create({ ...ofImport, ...owner, itemId }));
  if (!(await hasOpenItem(tx, key))) emit(itemsSettled.create(ofImport));
}

/** Settles an open item; ends the stage without a trace when it is settled already. */
async function settleItem(
  tx: Transaction,
  key: ImportKey,
  itemId: string,
  { deduplicated, ...settlement }: Settlement,
): Promise<void> {
  const settled = await tx
    .update(importItems)
    .set({ ...settlement, ...(deduplicated ? { deduplicated: 1 } : {}) })
    .where(
      and(
        eq(importItems.id, itemId),
        eq(importItems.importId, key.importId),
        inArray(importItems.status, ['pending', 'running']),
      ),
    )
    .returning({ id: importItems.id });
  if (settled.length === 0) throw new StageObsolete();
}
