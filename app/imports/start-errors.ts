import type { AppError } from '../../src/errors/app-error.ts';
import type { StartErrors, StartField } from './start-state.ts';

/** Puts what went wrong with a school or a course beside the field that can change it. */
export function startErrors(error: AppError, step: 'new school' | 'saved school' | 'course'): StartErrors {
  return { [fieldOf(error, step)]: error.publicMessage };
}

function fieldOf({ code }: AppError, step: 'new school' | 'saved school' | 'course'): StartField {
  if (code === 'SOURCE_QUOTA_EXHAUSTED' && step !== 'new school') return 'monthlyCalls';
  if (step === 'course') return 'courseId';
  if (step === 'saved school') return 'connectionId';
  switch (code) {
    case 'SOURCE_KEY_REJECTED':
    case 'SOURCE_FORBIDDEN':
      return 'apiKey';
    case 'URL_INVALID':
    case 'HOST_NOT_ALLOWED':
    case 'CONNECTION_FAILED':
    case 'REDIRECT_LIMIT':
    case 'SOURCE_NOT_FOUND':
    case 'SOURCE_ANSWER_INVALID':
      return 'apiUrl';
    default:
      return 'form';
  }
}
