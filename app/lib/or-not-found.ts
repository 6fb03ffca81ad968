import { notFound } from 'next/navigation';
import { isAppError } from '../../src/errors/app-error.ts';

/** What was found, or the page that says that nothing is there. */
export async function orNotFound<T>(found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (isAppError(error, 'NOT_FOUND')) notFound();
    throw error;
  }
}
