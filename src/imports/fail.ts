import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Transaction } from '../db/client.ts';
import { importItems } from '../db/schema/index.ts';
import type { ErrorFacts } from '../jobs/error-facts.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { redactText } from '../jobs/redact.ts';
import { closeStage } from './close-stage.ts';
import { courseFinished } from './events.ts';
import { finalMessage } from './final-message.ts';
import { inLesson } from './in-lesson.ts';
import { type ImportItem, type Issue, recordIssues } from './ledger.ts';
import { unlessObsolete } from './obsolete.ts';
import { isOpen } from './open-items.ts';
import { shortTitle } from './short-title.ts';
import { changeStatus, type ImportKey, isSettled } from './states.ts';

type Owner = Pick<Context, 'database' | 'organisationId'>;

/** What a person can mend at the school; all other failures are errors. */
const mendable: readonly string[] = ['VIDEO_NOT_READY'];

/** Settles an item whose job has failed for good, with an issue. Does nothing when the item is settled or the import stopped. */
export async function failItem(
  { database, organisationId }: Owner,
  { importId, itemId }: { readonly importId: string; readonly itemId: string },
  error: ErrorFacts,
): Promise<void> {
  const key = { organisationId, importId };
  const item = await findItem({ database }, key, eq(importItems.id, itemId));
  if (!item) return;
  await unlessObsolete(() =>
    withOutbox(database, async (tx, emit) => {
      await recordIssues(tx, key, await namingLesson(tx, item, issueOf(item, error)));
      await closeStage(tx, emit, key, {
        itemId,
        settlement: { status: 'failed', reason: error.code },
        nextLessons: item.kind === 'lesson' ? 1 : 0,
        count: { calls: 0, rateLimited: 0 },
      });
    }),
  );
}

/** Ends an import whose course could not be read. One that was read goes on, whatever became of the run that read it. */
export async function failStructure(
  owner: Owner,
  input: { readonly importId: string },
  error: ErrorFacts,
): Promise<void> {
  const key = { organisationId: owner.organisationId, importId: input.importId };
  const course = await findItem(owner, key, eq(importItems.kind, 'course'));
  if (course && !isSettled(course.status)) await failImport(owner, input, error);
}

/** Ends an import that cannot be brought to an end. What was open has failed with it, so that its ledger adds up. */
export async function failImport(
  { database, organisationId }: Owner,
  { importId }: { readonly importId: string },
  error: ErrorFacts,
): Promise<void> {
  const key = { organisationId, importId };
  const course = await findItem({ database }, key, eq(importItems.kind, 'course'));
  if (!course) return;
  await withOutbox(database, async (tx, emit) => {
    // A paused one waits for its owner; what is open is asked for again when it goes on.
    if (!(await changeStatus(tx, key, 'failed', ['pending', 'running']))) return;
    await tx.update(importItems).set({ status: 'failed', reason: error.code }).where(isOpen(key));
    await recordIssues(tx, key, [issueOf(course, error)]);
    emit(courseFinished.create(key));
  });
}

async function findItem(
  { database }: Pick<Context, 'database'>,
  key: ImportKey,
  which: ReturnType<typeof eq>,
): Promise<ImportItem | undefined> {
  const [item] = await database
    .select()
    .from(importItems)
    .where(
      and(eq(importItems.importId, key.importId), eq(importItems.organisationId, key.organisationId), which),
    );
  return item;
}

/** The issue with the name of the lesson that the item is in, if it is in one. */
async function namingLesson(tx: Transaction, item: ImportItem, issue: Issue): Promise<Issue[]> {
  const [parent] = await tx
    .select({ kind: importItems.kind, sourceId: importItems.sourceId, title: importItems.title })
    .from(importItems)
    .where(eq(importItems.id, item.parentId ?? ''));
  return parent?.kind === 'lesson' ? inLesson(parent, [issue]) : [issue];
}

function issueOf({ kind, sourceId, title }: ImportItem, error: ErrorFacts): Issue {
  return {
    severity: mendable.includes(error.code) ? 'todo' : 'error',
    code: error.code,
    message: `${whatFailed(kind, title)}: ${finalMessage(error.publicMessage ?? 'Something unexpected went wrong. Try again later.')}`,
    detail: redactText(`${error.name}: ${error.message}`),
    itemKind: kind,
    sourceId,
  };
}

function whatFailed(kind: ImportItem['kind'], title: string): string {
  const name = shortTitle(title);
  return kind === 'asset' ? `The file "${name}" is missing` : `The ${kind} "${name}" could not be imported`;
}
