import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { type ItemKind, type SourcePlatform, sourceLinks } from '../db/schema/index.ts';
import { chunks } from '../lib/chunks.ts';
import { newId } from '../lib/ids.ts';
import type { ImportRow } from './find-import.ts';
import { objectTables } from './object-tables.ts';
import { type EditableKind, hashPresent } from './own-fields.ts';
import type { ImportKey } from './states.ts';

/** Whose objects, from which platform, linked by which import. */
export interface LinkScope extends ImportKey {
  readonly source: SourcePlatform;
  /** What was changed here and at the source is written over, instead of kept as it is here. */
  readonly overwriteEdits: boolean;
}

/** The scope of an import's links. */
export function linkScopeOf({ id, organisationId, source, overwriteEdits }: ImportRow): LinkScope {
  return { importId: id, organisationId, source, overwriteEdits };
}

/** One of the source's objects that is about to be written as ours. */
export interface Wanted {
  readonly sourceId: string;
  /** The source's own word for it, where the kind does not say all. */
  readonly sourceKind?: string;
  /** Hash of what will be written; null for objects whose content comes by another stage: what is on record then stays. */
  readonly contentHash: string | null;
}

export interface Linked {
  /** Our object's id: the one it had at the last import, else a new one. */
  readonly targetId: string;
  /**
   * `new` also when our object was deleted here since: it is made again under its old id. `edited` when it was changed at the
   * source and here: ours is kept, and what is on record stays what was imported last.
   */
  readonly state: 'new' | 'changed' | 'unchanged' | 'edited';
}

/** Rows of a statement; PostgreSQL takes at most 65,535 parameters. */
const rowsAtOnce = 1_000;

const idPrefixOf = {
  course: 'course',
  section: 'section',
  lesson: 'lesson',
  block: 'block',
  quiz: 'quiz',
  asset: 'file',
} as const satisfies Record<ItemKind, Parameters<typeof newId>[0]>;

/**
 * Finds or makes the links of source objects to ours, and says for each whether ours has to be written. Two transactions
 * that want the same new object get the same id: the later one waits for the earlier.
 *
 * @returns one entry for each source id
 */
export async function linkTargets(
  tx: Transaction,
  scope: LinkScope,
  kind: ItemKind,
  wanted: readonly Wanted[],
): Promise<Map<string, Linked>> {
  const linked = new Map<string, Linked>();
  for (const part of chunks(wanted, rowsAtOnce)) {
    for (const [sourceId, link] of await linkPart(tx, scope, kind, part)) linked.set(sourceId, link);
  }
  return linked;
}

/** The link of a source id that `linkTargets` was given. */
export function linkOf<T>(links: ReadonlyMap<string, T>, sourceId: string): T {
  const link = links.get(sourceId);
  if (link === undefined)
    throw new Error(`Cannot find the link of source id "${sourceId}": it was not asked for`);
  return link;
}

async function linkPart(tx: Transaction, scope: LinkScope, kind: ItemKind, wanted: readonly Wanted[]) {
  const links = await findLinks(
    tx,
    scope,
    kind,
    wanted.map(({ sourceId }) => sourceId),
  );

  const result = new Map<string, Linked>();
  for (const one of wanted) {
    const link = links.get(one.sourceId);
    if (link) result.set(one.sourceId, { targetId: link.targetId, state: stateOf(one, link) });
  }
  const changed = [...links].filter(([sourceId]) => result.get(sourceId)?.state === 'changed');
  const edited = scope.overwriteEdits
    ? new Set<string>()
    : await findEdited(
        tx,
        kind,
        changed.map(([, link]) => link),
      );
  for (const [sourceId, { targetId }] of changed) {
    if (edited.has(targetId)) result.set(sourceId, { targetId, state: 'edited' });
  }
  const outdated = wanted.filter(({ sourceId }) => {
    const state = result.get(sourceId)?.state;
    return state !== 'unchanged' && state !== 'edited';
  });
  if (outdated.length === 0) return result;

  const written = await tx
    .insert(sourceLinks)
    .values(
      // In one order for all transactions, so that two of them cannot wait for each other.
      outdated.sort(bySourceId).map((one) => ({
        organisationId: scope.organisationId,
        source: scope.source,
        kind,
        sourceId: one.sourceId,
        sourceKind: one.sourceKind ?? null,
        targetId: links.get(one.sourceId)?.targetId ?? newId(idPrefixOf[kind]),
        contentHash: one.contentHash,
        importId: scope.importId,
        createdBy: result.get(one.sourceId)?.state === 'changed' ? null : scope.importId,
      })),
    )
    .onConflictDoUpdate({
      target: [sourceLinks.organisationId, sourceLinks.source, sourceLinks.kind, sourceLinks.sourceId],
      set: {
        sourceKind: sql`excluded.source_kind`,
        contentHash: sql`excluded.content_hash`,
        importId: sql`excluded.import_id`,
        createdBy: sql`coalesce(excluded.created_by, ${sourceLinks.createdBy})`,
        updatedAt: sql`now()`,
      },
    })
    .returning({ sourceId: sourceLinks.sourceId, targetId: sourceLinks.targetId });
  for (const { sourceId, targetId } of written) {
    result.set(sourceId, { targetId, state: result.get(sourceId)?.state ?? 'new' });
  }
  return result;
}

/** Which of our objects were changed here since they were imported, by id. */
export async function findEdited(
  tx: Transaction,
  kind: ItemKind,
  links: ReadonlyArray<{ readonly targetId: string; readonly contentHash: string | null }>,
): Promise<ReadonlySet<string>> {
  if (!isEditable(kind)) return new Set();
  // One whose content never arrived was written by no import.
  const imported = links.filter(({ contentHash }) => contentHash !== null);
  const hashes = await hashPresent(
    tx,
    kind,
    imported.map(({ targetId }) => targetId),
  );
  const edited = imported.filter(
    ({ targetId, contentHash }) => hashes.has(targetId) && hashes.get(targetId) !== contentHash,
  );
  return new Set(edited.map(({ targetId }) => targetId));
}

function isEditable(kind: ItemKind): kind is EditableKind {
  return kind !== 'asset';
}

const linkColumns = {
  sourceId: sourceLinks.sourceId,
  targetId: sourceLinks.targetId,
  contentHash: sourceLinks.contentHash,
};

export interface Link {
  readonly targetId: string;
  readonly contentHash: string | null;
  /** Our object is still there: somebody may have deleted it since it was linked. */
  readonly isPresent: boolean;
}

/** The links on record, by source id. */
export async function findLinks(
  database: Database | Transaction,
  scope: Pick<LinkScope, 'organisationId' | 'source'>,
  kind: ItemKind,
  sourceIds: readonly string[],
): Promise<Map<string, Link>> {
  if (sourceIds.length === 0) return new Map();
  const table = objectTables[kind];
  const rows = await database
    .select({ ...linkColumns, isPresent: sql<boolean>`${table.id} is not null` })
    .from(sourceLinks)
    .leftJoin(table, eq(table.id, sourceLinks.targetId))
    .where(
      and(
        eq(sourceLinks.organisationId, scope.organisationId),
        eq(sourceLinks.source, scope.source),
        eq(sourceLinks.kind, kind),
        inArray(sourceLinks.sourceId, [...sourceIds]),
      ),
    );
  return new Map(rows.map(({ sourceId, ...link }) => [sourceId, link]));
}

/** The links of our objects, by our id. */
export async function findLinksTo(
  tx: Transaction,
  { organisationId }: Pick<LinkScope, 'organisationId'>,
  kind: ItemKind,
  targetIds: readonly string[],
) {
  if (targetIds.length === 0) return [];
  return tx
    .select(linkColumns)
    .from(sourceLinks)
    .where(
      and(
        eq(sourceLinks.organisationId, organisationId),
        eq(sourceLinks.kind, kind),
        inArray(sourceLinks.targetId, [...targetIds]),
      ),
    );
}

/** Notes what a linked object now holds, for stages that learn it only after the link was made. */
export async function setContentHash(
  tx: Transaction,
  scope: LinkScope,
  kind: ItemKind,
  sourceId: string,
  contentHash: string,
): Promise<void> {
  await tx
    .update(sourceLinks)
    .set({ contentHash, importId: scope.importId })
    .where(
      and(
        eq(sourceLinks.organisationId, scope.organisationId),
        eq(sourceLinks.source, scope.source),
        eq(sourceLinks.kind, kind),
        eq(sourceLinks.sourceId, sourceId),
      ),
    );
}

function stateOf(one: Wanted, link: Link): Linked['state'] {
  if (!link.isPresent) return 'new';
  return one.contentHash === null || one.contentHash === link.contentHash ? 'unchanged' : 'changed';
}

function bySourceId(left: Wanted, right: Wanted): number {
  return left.sourceId < right.sourceId ? -1 : 1;
}
