import { statfs } from 'node:fs/promises';
import { diskFull, toStorageError } from './errors.ts';

/** Free bytes on the disk that holds a folder. Tests bring their own. */
export type ReadFreeBytes = (folder: string) => Promise<number>;

/** Kept free for the database, which stops for everybody when the disk is full. */
export const reservedBytes = 256 * 1024 * 1024;

export const readFreeBytes: ReadFreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/**
 * @param attempt what the space is for, as in `download example.com/a`
 * @throws AppError `DISK_FULL` when fewer than `neededBytes` plus the reserve are free
 */
export async function assertFreeSpace(
  folder: string,
  neededBytes: number,
  attempt: string,
  read: ReadFreeBytes = readFreeBytes,
): Promise<void> {
  const freeBytes = await read(folder).catch((error: unknown) => {
    throw toStorageError(error, attempt);
  });
  if (freeBytes < neededBytes + reservedBytes) throw diskFull(attempt);
}
