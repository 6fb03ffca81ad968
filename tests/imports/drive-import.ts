import { and, eq, inArray } from 'drizzle-orm';
import type { Context } from '../../src/context.ts';
import { importItems } from '../../src/db/schema/index.ts';
import { isAppError } from '../../src/errors/app-error.ts';
import { waitFor } from '../support/wait.ts';

/**
 * Does by hand what the queue would do for an import: every stage, item by item, without an engine. Ends with the import.
 *
 * @param options.onStructure called when the course has been read, and before its lessons are
 * @returns its final status
 */
export async function driveImport(
  context: Context,
  importId: string,
  { onStructure }: { readonly onStructure?: () => void } = {},
): Promise<string | undefined> {
  const { extractStructure } = await import('../../src/imports/stages/extract-structure.ts');
  const { processLesson } = await import('../../src/imports/stages/process-lesson.ts');
  const { downloadAssetItem } = await import('../../src/imports/stages/download-asset.ts');
  const { compareCourse } = await import('../../src/imports/stages/compare-course.ts');
  const { finishImport } = await import('../../src/imports/stages/finish.ts');
  await patiently(() => extractStructure(context, { importId }));
  onStructure?.();
  for (const itemId of await openItems(context, importId, 'lesson'))
    await patiently(() => processLesson(context, { importId, itemId }));
  for (const itemId of await openItems(context, importId, 'asset'))
    await patiently(() => downloadAssetItem(context, { importId, itemId }));
  await patiently(() => compareCourse(context, { importId }));
  return (await finishImport(context, { importId, run: null }))?.status;
}

/** The school's budget may have no room for a moment. */
function patiently<T>(stage: () => Promise<T>): Promise<{ result: T }> {
  return waitFor(
    async () => {
      try {
        return { result: await stage() };
      } catch (error) {
        if (isAppError(error, 'SOURCE_RATE_LIMITED')) return null;
        throw Object.assign(new Error('A stage failed'), { cause: error });
      }
    },
    { what: 'a stage' },
  );
}

async function openItems(
  { database }: Context,
  importId: string,
  kind: 'lesson' | 'asset',
): Promise<string[]> {
  const rows = await database
    .select({ id: importItems.id })
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, importId),
        eq(importItems.kind, kind),
        inArray(importItems.status, ['pending', 'running']),
      ),
    )
    .orderBy(importItems.position, importItems.id);
  return rows.map(({ id }) => id);
}
