import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { importItems } from '../db/schema/index.ts';
import type { Emit } from '../jobs/outbox.ts';
import { assetDownload, courseRequested, itemsSettled, lessonProcess } from './events.ts';
import type { ImportRow } from './find-import.ts';
import type { ImportKey } from './states.ts';

/**
 * Who asks for the work on open items. `requested_at` says that an event did, and nobody asks for such an item again, unless it
 * was put back because its event is known to be gone.
 *
 * All of it only under the import's row, so that nothing is asked for twice.
 */

/** Lessons that are asked for at the same time; as one comes home the next is asked for. Twice the jobs that run at once. */
export const lessonsInFlight = 8;

/**
 * Asks for whatever is open and was not asked for: the course, or the lessons that have room in the window and the assets. When
 * nothing is open, the import is asked to finish.
 *
 * @returns how many events that makes
 */
export async function requestOpenItems(
  tx: Transaction,
  emit: Emit,
  { id: importId, organisationId, connectionId }: Pick<ImportRow, 'id' | 'organisationId' | 'connectionId'>,
): Promise<number> {
  const key = { organisationId, importId };
  const ofSchool = { ...key, connectionId };
  const courses = await requestKind(tx, key, 'course');
  for (const _ of courses) emit(courseRequested.create(ofSchool));

  const room = lessonsInFlight - (await countLessonsInFlight(tx, key));
  const lessons = await takeLessons(tx, key, Math.max(room, 0));
  lessons.sort((left, right) => left.position - right.position);
  for (const { id: itemId } of lessons) emit(lessonProcess.create({ ...ofSchool, itemId }));

  const assets = await requestKind(tx, key, 'asset');
  for (const itemId of assets) emit(assetDownload.create({ ...ofSchool, itemId }));

  const isSettled = !(await hasOpenItem(tx, key));
  if (isSettled) emit(itemsSettled.create(key));
  return courses.length + lessons.length + assets.length + (isSettled ? 1 : 0);
}

/**
 * Takes the next waiting lessons of the course.
 *
 * @param settled an item that the same statement settles
 */
export function takeLessons(tx: Transaction, key: ImportKey, howMany: number, settled = '') {
  const next = tx
    .select({ id: importItems.id })
    .from(importItems)
    .where(
      sql`${importItems.importId} = ${key.importId} and ${importItems.kind} = 'lesson' and ${importItems.requestedAt} is null and ${importItems.status} = 'pending' and ${importItems.id} <> ${settled}`,
    )
    .orderBy(importItems.position)
    .limit(howMany);
  return tx
    .update(importItems)
    .set({ requestedAt: sql`now()` })
    .where(inArray(importItems.id, next))
    .returning({ id: importItems.id, position: importItems.position });
}

/** Puts open items back whose runs are gone, or are ended with this transaction: they wait, and being stopped is no attempt. */
export async function putBackOpenItems(tx: Transaction, key: ImportKey): Promise<void> {
  await tx
    .update(importItems)
    .set({
      status: 'pending',
      requestedAt: null,
      attempts: sql`greatest(${importItems.attempts} - case when ${importItems.status} = 'running' then 1 else 0 end, 0)`,
    })
    .where(and(isOpen(key), or(isNotNull(importItems.requestedAt), eq(importItems.status, 'running'))));
}

async function hasOpenItem(tx: Transaction, key: ImportKey): Promise<boolean> {
  const open = await tx.select({ id: importItems.id }).from(importItems).where(isOpen(key)).limit(1);
  return open.length > 0;
}

async function requestKind(tx: Transaction, key: ImportKey, kind: 'course' | 'asset'): Promise<string[]> {
  const rows = await tx
    .update(importItems)
    .set({ requestedAt: sql`now()` })
    .where(
      and(
        eq(importItems.importId, key.importId),
        eq(importItems.kind, kind),
        eq(importItems.status, 'pending'),
        isNull(importItems.requestedAt),
      ),
    )
    .returning({ id: importItems.id });
  return rows.map(({ id }) => id);
}

async function countLessonsInFlight(tx: Transaction, key: ImportKey): Promise<number> {
  const [row] = await tx
    .select({ lessons: sql`count(*)`.mapWith(Number) })
    .from(importItems)
    .where(and(isOpen(key), eq(importItems.kind, 'lesson'), isNotNull(importItems.requestedAt)));
  return row?.lessons ?? 0;
}

/** The items of an import that are not settled. */
export function isOpen({ importId }: ImportKey) {
  return and(eq(importItems.importId, importId), inArray(importItems.status, ['pending', 'running']));
}
