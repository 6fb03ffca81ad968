import { AppError } from './app-error.ts';

/**
 * For a verb that was asked about something that is not there, or belongs to another organisation: the two look the same.
 *
 * @param what in words, such as "course"
 */
export function notFound(what: string, id: string): AppError {
  return new AppError({
    code: 'NOT_FOUND',
    message: `Cannot find ${what} "${id}": there is none of that id in this organisation`,
    publicMessage: `There is no such ${what}. It may have been deleted.`,
    retry: 'never',
  });
}
