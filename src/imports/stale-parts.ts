import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the partial files that a crash left: those that nobody has written to for so long.
 *
 * @param folder need not be there
 * @returns how many were removed
 */
export async function removeStaleParts(folder: string, olderThanMs: number): Promise<number> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let removed = 0;
  for (const name of names.filter((one) => one.endsWith('.part'))) {
    const path = join(folder, name);
    // Null when its owner has just removed it.
    const found = await stat(path).catch(() => null);
    if (!found?.isFile() || found.mtimeMs > Date.now() - olderThanMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
