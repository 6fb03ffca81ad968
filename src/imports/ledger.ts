import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import {
  type AssetRequest,
  type IssueSeverity,
  type ItemKind,
  type ItemStatus,
  importIssues,
  importItems,
  imports,
} from '../db/schema/index.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { Emit } from '../jobs/outbox.ts';
import { chunks } from '../lib/chunks.ts';
import { newId } from '../lib/ids.ts';
import { assetDownload, itemsSettled, lessonProcess } from './events.ts';
import type { ImportKey } from './states.ts';

/**
 * The ledger of an import: one row for each thing found at the source.
 *
 * An item begins `pending`, is `running` while a job works on it, and settles once, as `imported`, `unchanged`, `skipped` or
 * `failed`. Whoever settles items does it in the transaction that writes what they became, and ends that transaction with
 * `closeStage`: it holds the import's row, so that nothing is written for an import that was stopped, and so that exactly one
 * transaction finds that it settled the last open item.
 */

/** Reasons of the import engine itself, beside the error codes. */
export const reasons = {
  /** Deleted at the source after it had been listed. */
  sourceGone: 'SOURCE_GONE',
  /** Kept as it came; there is no counterpart here. */
  unsupported: 'UNSUPPORTED',
  /** The source lists it twice. */
  duplicate: 'DUPLICATE',
  importCancelled: 'IMPORT_CANCELLED',
} as const;
export type Reason = (typeof reasons)[keyof typeof reasons] | ErrorCode;

export type SettledStatus = Exclude<ItemStatus, 'pending' | 'running'>;

export interface NewItem {
  /** Made by the recorder, so that other items can hang on it. */
  readonly id: string;
  readonly kind: ItemKind;
  readonly sourceId: string;
  readonly parentId: string | null;
  readonly title: string;
  readonly position: number;
  /** Already settled when what it became is written by the same transaction. */
  readonly status: 'pending' | SettledStatus;
  readonly reason?: Reason;
  readonly targetId?: string;
  readonly contentHash?: string;
  readonly request?: AssetRequest;
}

export interface Issue {
  readonly severity: IssueSeverity;
  readonly code: string;
  /** A sentence for the owner. */
  readonly message: string;
  /** For the operator. */
  readonly detail: string | null;
  readonly itemKind: ItemKind;
  readonly sourceId: string;
}

export type ImportItem = typeof importItems.$inferSelect;

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
 * Ends a stage without a trace: its import is not running any more, or another run of it was faster. Thrown inside of a
 * transaction to roll it back; `unlessObsolete` turns it into an answer.
 */
class StageObsolete extends Error {
  override readonly name = 'StageObsolete';
}

/** @returns null when the stage found that nobody needs its result any more */
export async function unlessObsolete<T>(stage: () => Promise<T>): Promise<T | null> {
  try {
    return await stage();
  } catch (error) {
    if (error instanceof StageObsolete) return null;
    throw error;
  }
}

/** Lessons that are asked for at the same time; as one comes home the next is asked for. Twice the jobs that run at once. */
export const lessonsInFlight = 8;

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

/**
 * Writes down what was found. An item that is in the ledger already stays as it is.
 *
 * @returns the ids of the new assets, whose download has to be asked for
 */
export async function recordItems(
  tx: Transaction,
  key: ImportKey,
  items: readonly NewItem[],
): Promise<string[]> {
  const newAssets: string[] = [];
  for (const part of chunks(items, rowsAtOnce)) {
    const rows = await tx
      .insert(importItems)
      .values(
        part.map((item) => ({
          ...item,
          organisationId: key.organisationId,
          importId: key.importId,
          requestedAt: item.kind === 'asset' ? sql`now()` : null,
        })),
      )
      .onConflictDoNothing()
      .returning({ id: importItems.id, kind: importItems.kind });
    newAssets.push(...rows.filter(({ kind }) => kind === 'asset').map(({ id }) => id));
  }
  return newAssets;
}

/** Notes issues; equal ones once. */
export async function recordIssues(tx: Transaction, key: ImportKey, issues: readonly Issue[]): Promise<void> {
  for (const part of chunks(issues, rowsAtOnce)) {
    await tx
      .insert(importIssues)
      .values(
        part.map((issue) => ({
          ...issue,
          id: newId('issue'),
          organisationId: key.organisationId,
          importId: key.importId,
        })),
      )
      .onConflictDoNothing();
  }
}

/**
 * Marks an open item of a running import as being worked on.
 *
 * @returns null when there is nothing to do: the import is not running, or the item is settled
 */
export async function beginItem(
  database: Database,
  key: ImportKey,
  itemId: string,
): Promise<ImportItem | null> {
  const [item] = await database
    .update(importItems)
    .set({ status: 'running', attempts: sql`${importItems.attempts} + 1` })
    .where(
      and(
        eq(importItems.id, itemId),
        eq(importItems.importId, key.importId),
        eq(importItems.organisationId, key.organisationId),
        inArray(importItems.status, ['pending', 'running']),
        sql`exists (select 1 from ${imports} where ${imports.id} = ${key.importId} and ${imports.status} = 'running')`,
      ),
    )
    .returning();
  return item ?? null;
}

/** Puts an item back that has to wait for the source: waiting is not an attempt. */
export async function postponeItem(database: Database, key: ImportKey, itemId: string): Promise<void> {
  await database
    .update(importItems)
    .set({ status: 'pending', attempts: sql`greatest(${importItems.attempts} - 1, 0)` })
    .where(
      and(
        eq(importItems.id, itemId),
        eq(importItems.importId, key.importId),
        eq(importItems.status, 'running'),
      ),
    );
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

/** Takes the next waiting lessons, in the course's order. Only under the import's row, so that none is taken twice. */
async function requestLessons(tx: Transaction, key: ImportKey, howMany: number): Promise<string[]> {
  if (howMany === 0) return [];
  const next = tx
    .select({ id: importItems.id })
    .from(importItems)
    .where(
      sql`${importItems.importId} = ${key.importId} and ${importItems.kind} = 'lesson' and ${importItems.requestedAt} is null and ${importItems.status} = 'pending'`,
    )
    .orderBy(importItems.position)
    .limit(howMany);
  const rows = await tx
    .update(importItems)
    .set({ requestedAt: sql`now()` })
    .where(inArray(importItems.id, next))
    .returning({ id: importItems.id, position: importItems.position });
  return rows.sort((left, right) => left.position - right.position).map(({ id }) => id);
}

async function hasOpenItem(tx: Transaction, key: ImportKey): Promise<boolean> {
  const open = await tx
    .select({ id: importItems.id })
    .from(importItems)
    .where(and(eq(importItems.importId, key.importId), inArray(importItems.status, ['pending', 'running'])))
    .limit(1);
  return open.length > 0;
}
