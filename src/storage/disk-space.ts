import { statfs } from 'node:fs/promises';
import { AppError } from '../errors/app-error.ts';
import { toStorageError } from './errors.ts';

/** Free bytes on the disk that holds a folder. Tests bring their own. */
export type ReadFreeBytes = (folder: string) => Promise<number>;

/** Kept free for the database, which stops for everybody when the disk is full. */
export const reservedBytes = 256 * 1024 * 1024;

export const readFreeBytes: ReadFreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/**
 * @param neededBytes what is still to be written
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
  const wantedBytes = Math.max(neededBytes, 0) + reservedBytes;
  if (freeBytes >= wantedBytes) return;
  throw new AppError({
    code: 'DISK_FULL',
    message: `Cannot ${attempt}: it needs ${wantedBytes} bytes, of which ${reservedBytes} stay free, and the disk has ${freeBytes}; free ${wantedBytes - freeBytes} bytes at least`,
    publicMessage: `The disk of the server is full: ${inMebibytes(wantedBytes - freeBytes)} MiB more are needed. The work goes on when there is space again.`,
    retry: 'later',
  });
}

function inMebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
