import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
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
import { chunks } from '../lib/chunks.ts';
import { newId } from '../lib/ids.ts';
import type { ImportRow } from './find-import.ts';
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
  importCancelled: 'IMPORT_CANCELLED',
  /** Changed at the source and here: ours is kept. */
  editedHere: 'EDITED_HERE',
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
  /** The lesson that it is in, null for what concerns the whole course; a lesson itself when left out. See `inLesson`. */
  readonly lessonSourceId?: string | null;
}

export type ImportItem = typeof importItems.$inferSelect;

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
          lessonSourceId: issue.itemKind === 'lesson' ? issue.sourceId : null,
          ...issue,
          id: newId('issue'),
          organisationId: key.organisationId,
          importId: key.importId,
        })),
      )
      .onConflictDoNothing();
  }
}

export interface BegunItem {
  readonly item: ImportItem;
  readonly row: ImportRow;
}

/**
 * Marks an open item of a running import as being worked on, and reads both.
 *
 * @param options.isNewAttempt false when the work that was begun goes on
 * @returns null when there is nothing to do: the import is not running, or the item is settled or not asked for
 */
export async function beginItem(
  database: Database,
  key: ImportKey,
  itemId: string,
  { isNewAttempt = true }: { readonly isNewAttempt?: boolean } = {},
): Promise<BegunItem | null> {
  const [begun] = await database
    .update(importItems)
    .set({
      status: 'running',
      attempts: isNewAttempt
        ? sql`${importItems.attempts} + 1`
        : // One that was put back lost its attempt, see `postponeItem`.
          sql`${importItems.attempts} + (${importItems.status} = 'pending')::int`,
    })
    .from(imports)
    .where(
      and(
        eq(importItems.id, itemId),
        eq(importItems.importId, key.importId),
        eq(importItems.organisationId, key.organisationId),
        inArray(importItems.status, ['pending', 'running']),
        // One that a pause has put back meanwhile is not begun by a run from before: this is looked at again after its lock.
        isNotNull(importItems.requestedAt),
        eq(imports.id, importItems.importId),
        eq(imports.status, 'running'),
      ),
    )
    .returning({ item: importItems, row: imports });
  return begun ?? null;
}

/** Puts an item back that is being worked on, and takes the attempt off again. */
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
