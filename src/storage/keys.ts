import { AppError } from '../errors/app-error.ts';

const longestKey = 512;
const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/**
 * A key is made of segments of `A-Z a-z 0-9 . _ -`, separated by single slashes; no segment begins with a dot. So it is
 * valid in every store and cannot leave the root of one on disk.
 *
 * @throws AppError `INPUT_INVALID`
 */
export function assertStorageKey(key: string): void {
  if (key.length <= longestKey && key.split('/').every((part) => segment.test(part))) return;
  throw new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot use ${JSON.stringify(key.slice(0, 100))} as a storage key: use letters, digits, ".", "_" and "-" in segments separated by "/"`,
    publicMessage: 'The file cannot be stored under this name.',
    retry: 'never',
  });
}
