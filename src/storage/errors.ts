import { AppError } from '../errors/app-error.ts';

/**
 * What a failure of the file system means: `DISK_FULL` or `STORAGE_FAILED`, both worth another try later. Errors that
 * did not come from the file system pass unchanged.
 *
 * @param attempt what was tried, as in `store "assets/x"`
 */
export function toStorageError(error: unknown, attempt: string): unknown {
  if (!isSystemError(error)) return error;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT'
    ? diskFull(attempt, error)
    : storageFailed(attempt, `the file system answered ${error.code}`, error);
}

/**
 * @param attempt what was tried, as in `store "assets/x"`
 * @param reason the state of the storage, with what to do where that is known
 */
export function storageFailed(attempt: string, reason: string, cause?: unknown): AppError {
  return new AppError({
    code: 'STORAGE_FAILED',
    message: `Cannot ${attempt}: ${reason}`,
    publicMessage: 'The file storage does not work at the moment. The work goes on when it does.',
    retry: 'later',
    cause,
  });
}

export function notStored(key: string): AppError {
  return new AppError({
    code: 'NOT_FOUND',
    message: `Cannot read "${key}": it is not in the storage`,
    publicMessage: 'This file is not there.',
    retry: 'never',
  });
}

export function diskFull(attempt: string, cause?: unknown): AppError {
  return new AppError({
    code: 'DISK_FULL',
    message: `Cannot ${attempt}: the disk is full, free some space`,
    publicMessage: 'The disk of the server is full. The work goes on when there is space again.',
    retry: 'later',
    cause,
  });
}

/** True for errors of the operating system's calls, as of `node:fs`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
