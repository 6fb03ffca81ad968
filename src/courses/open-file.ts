import type { Readable } from 'node:stream';
import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { assets, files } from '../db/schema/index.ts';
import { notFound } from '../errors/not-found.ts';
import type { ByteRange, DeliveryHeaders } from '../storage/types.ts';
import { toFileView } from './file-views.ts';
import type { FileView } from './types.ts';

export interface OpenedFile {
  readonly file: FileView;
  readonly asset: NonNullable<FileView['asset']>;
  /** The bytes, or a part of them. Has to be read to its end or destroyed. */
  stream(range?: ByteRange): Promise<Readable>;
  /** A secret address of the bytes, as `Storage.presign` gives it; null when they can be had by `stream` only. */
  presign: ((headers: DeliveryHeaders) => Promise<string>) | null;
}

/**
 * A file to be delivered.
 *
 * @throws {AppError} `NOT_FOUND`, also while the file's bytes have not arrived
 */
export async function openFile(
  { database, organisationId, storage }: Pick<Context, 'database' | 'organisationId' | 'storage'>,
  fileId: string,
): Promise<OpenedFile> {
  const [found] = await database
    .select({ file: files, asset: assets })
    .from(files)
    .innerJoin(assets, eq(assets.id, files.assetId))
    .where(and(eq(files.id, fileId), eq(files.organisationId, organisationId)));
  if (!found) throw notFound('file', fileId);

  const file = toFileView(found.file, found.asset);
  if (!file.asset) throw notFound('file', fileId);
  const { storageKey } = found.asset;
  const presign = storage.presign?.bind(storage, storageKey) ?? null;
  return {
    file,
    asset: file.asset,
    stream: (range) => storage.read(storageKey, { range }),
    presign,
  };
}
