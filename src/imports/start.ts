import { setTimeout as delay } from 'node:timers/promises';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { importItems, imports } from '../db/schema/index.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { newId } from '../lib/ids.ts';
import { CallCounter } from './counted-source.ts';
import { courseRequested } from './events.ts';
import { finalMessage } from './final-message.ts';

export interface StartImport {
  readonly connectionId: string;
  readonly sourceCourseId: string;
  /** What was changed both at the school and here is written over; else it is kept and listed. */
  readonly overwriteEdits?: boolean;
}

/**
 * Requests an import of one course. The course is read once before anything is written, so that a wrong key or an unknown
 * course is told at once and leaves nothing behind.
 *
 * @throws {AppError} what reading the course throws (see `Source`); `NOT_FOUND` for an unknown connection; `CONFLICT` while
 * another import of the course is under way: `findActiveImport` tells which
 */
export async function startImport(
  context: Context,
  { connectionId, sourceCourseId, overwriteEdits = false }: StartImport,
): Promise<{ readonly importId: string }> {
  const { database, organisationId } = context;
  await refuseSecond(context, sourceCourseId);

  const counter = new CallCounter();
  const source = await context.openSource(connectionId, { onCall: (call) => counter.count(call) });
  const course = await readPatiently(() => source.readCourse(sourceCourseId));

  const importId = newId('import');
  try {
    await withOutbox(database, async (tx, emit) => {
      await tx.insert(imports).values({
        id: importId,
        organisationId,
        connectionId,
        source: source.platform,
        sourceCourseId: course.id,
        title: course.title,
        overwriteEdits,
        sourceCalls: counter.calls,
        sourceRateLimited: counter.rateLimited,
      });
      await tx.insert(importItems).values({
        id: newId('item'),
        organisationId,
        importId,
        kind: 'course',
        sourceId: course.id,
        title: course.title,
        requestedAt: sql`now()`,
      });
      emit(courseRequested.create({ organisationId, importId, connectionId }));
    });
  } catch (error) {
    if (isUniqueViolation(error, 'imports_one_active_per_course')) await refuseSecond(context, course.id);
    throw error;
  }
  return { importId };
}

/** Somebody waits for the answer, so not for long; but another import may be using the school's allowance to the full. */
const longestWaitMs = 15_000;

export async function readPatiently<T>(read: () => Promise<T>): Promise<T> {
  for (let leftMs = longestWaitMs; ; ) {
    try {
      return await read();
    } catch (error) {
      const afterMs =
        isAppError(error, 'SOURCE_RATE_LIMITED') && typeof error.retry === 'object'
          ? error.retry.afterMs
          : null;
      if (afterMs === null || afterMs > leftMs) throw isAppError(error) ? givenUp(error) : error;
      leftMs -= Math.max(afterMs, 1);
      await delay(afterMs);
    }
  }
}

/** The same error for somebody who has to try again himself. */
function givenUp(error: AppError): AppError {
  const { code, message, publicMessage, retry } = error;
  return new AppError({ code, message, publicMessage: finalMessage(publicMessage), retry, cause: error });
}

/** The import of a course that is under way, or null. */
export async function findActiveImport(
  { database, organisationId }: Pick<Context, 'database' | 'organisationId'>,
  sourceCourseId: string,
): Promise<string | null> {
  const [active] = await database
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.organisationId, organisationId),
        eq(imports.sourceCourseId, sourceCourseId),
        inArray(imports.status, ['pending', 'running', 'paused']),
      ),
    );
  return active?.id ?? null;
}

export async function refuseSecond(
  context: Pick<Context, 'database' | 'organisationId'>,
  sourceCourseId: string,
): Promise<void> {
  const activeId = await findActiveImport(context, sourceCourseId);
  if (activeId === null) return;
  throw new AppError({
    code: 'CONFLICT',
    message: `Cannot start an import of course "${sourceCourseId}": import "${activeId}" of it is under way, wait for it or cancel it`,
    publicMessage: 'This course is being imported already. Wait for that import to end, or cancel it.',
    retry: 'never',
  });
}
