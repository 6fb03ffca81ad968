import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../context.ts';
import { AppError } from '../errors/app-error.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { type ExportedAsset, readExport } from './export-document.ts';

export interface ExportResult {
  /** Absolute. */
  readonly folder: string;
  readonly lessons: number;
  readonly assets: number;
  readonly bytes: number;
}

/**
 * Writes a portable copy of a course: `course.json` and `assets/<sha256>`, as docs/export.md describes them. Equal courses
 * give equal bytes. The folder appears whole or not at all.
 *
 * @throws {AppError} `NOT_FOUND` for an unknown course, `CONFLICT` when the folder is there and not empty
 */
export async function exportCourse(
  context: Pick<Context, 'database' | 'organisationId' | 'storage'>,
  { courseId, outDir }: { readonly courseId: string; readonly outDir: string },
): Promise<ExportResult> {
  const folder = resolve(outDir);
  await refuseUsedFolder(folder);
  const { document, assets, lessons } = await readExport(context, courseId);

  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    await mkdir(join(draft, 'assets'));
    for (const asset of assets) await copyAsset(context, asset, join(draft, 'assets', asset.sha256));
    await writeFile(join(draft, 'course.json'), `${canonicalJson(document, 2)}\n`);
    await rmdir(folder).catch(() => {});
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    lessons,
    assets: assets.length,
    bytes: assets.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function refuseUsedFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new AppError({
      code: 'INPUT_INVALID',
      message: `Cannot export to "${folder}": it is not a folder that can be read (${error.code ?? 'unknown'}), choose another`,
      publicMessage: 'The chosen folder cannot be used. Choose another one.',
      retry: 'never',
      cause: error,
    });
  });
  if (entries.length === 0) return;

  throw new AppError({
    code: 'CONFLICT',
    message: `Cannot export to "${folder}": the folder is not empty, choose a new one`,
    publicMessage: 'The chosen folder is not empty. Choose a new one.',
    retry: 'never',
  });
}

async function copyAsset(
  { storage }: Pick<Context, 'storage'>,
  asset: ExportedAsset,
  path: string,
): Promise<void> {
  await pipeline(await storage.read(asset.storageKey), createWriteStream(path));
}
