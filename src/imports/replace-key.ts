import { eq } from 'drizzle-orm';
import { parseApiKey, replaceConnectionKey } from '../accounts/connections.ts';
import type { Context } from '../context.ts';
import { imports } from '../db/schema/index.ts';
import { findImport } from './find-import.ts';
import { readPatiently } from './start.ts';

/**
 * Gives the school of an import a new API key, after the import's course could be read with it: that it is the same school, and
 * that the key works. The import itself does not change; a paused one is resumed by `resumeImport`.
 *
 * @throws {AppError} `NOT_FOUND` for an unknown import; `INPUT_INVALID` for a text that is no key; what reading the course throws
 * (see `Source`): `SOURCE_KEY_REJECTED` for a wrong key, `SOURCE_NOT_FOUND` for the key of another school. The old key is then
 * still there
 */
export async function replaceKey(
  context: Context,
  { importId, apiKey: typed }: { readonly importId: string; readonly apiKey: string },
): Promise<void> {
  const { database, organisationId } = context;
  const apiKey = parseApiKey(typed);
  const { connectionId, sourceCourseId } = await findImport(database, { organisationId, importId });
  const source = await context.openSource(connectionId, { apiKey });
  await readPatiently(() => source.readCourse(sourceCourseId));

  const { id } = await replaceConnectionKey(database, { organisationId, connectionId, apiKey });
  if (id !== connectionId)
    await database.update(imports).set({ connectionId: id }).where(eq(imports.id, importId));
}
