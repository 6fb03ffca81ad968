import { AppError } from '../errors/app-error.ts';
import type { ByteRange } from './types.ts';

/** @throws AppError `INPUT_INVALID` for a range that is none */
export function assertRange({ start, end }: ByteRange): void {
  const isWhole = Number.isSafeInteger(start) && (end === undefined || Number.isSafeInteger(end));
  if (isWhole && start >= 0 && (end === undefined || end >= start)) return;
  throw new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot read bytes ${start} to ${end}: a range begins at 0 or later and ends where it begins or later`,
    publicMessage: 'This part of the file cannot be read.',
    retry: 'never',
  });
}
