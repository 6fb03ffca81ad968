import { AppError } from '../../errors/app-error.ts';
import type { ErrorCode } from '../../errors/codes.ts';

/** An error of starting the embedded server; what to do stands in `message`, for the operator. */
export function embeddedServerError(code: ErrorCode, message: string, cause?: unknown): AppError {
  return new AppError({
    code,
    message,
    publicMessage: 'The database cannot be started. The operator finds the reason in the log.',
    retry: code === 'DATABASE_UNAVAILABLE' ? 'later' : 'never',
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * What PostgreSQL's own last words mean for the operator.
 *
 * @param action what was attempted, as in "Cannot …"
 * @param output what `postgres` or `initdb` printed
 */
export function explainFailure(action: string, output: string): AppError {
  const reason = lastWords(output);
  if (/No space left on device/.test(output)) {
    return embeddedServerError(
      'DISK_FULL',
      `Cannot ${action}: the disk is full, free some space and start again`,
    );
  }
  if (/Permission denied|Read-only file system/.test(output)) {
    return embeddedServerError(
      'CONFIGURATION_INVALID',
      `Cannot ${action}: ${reason}; give the server's user access to this folder or set DATA_DIR to another one`,
    );
  }
  return embeddedServerError('DATABASE_UNAVAILABLE', `Cannot ${action}: ${reason}`);
}

function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.filter((line) => /\b(FATAL|PANIC|error):/.test(line));
  return (fatal.length > 0 ? fatal : lines).slice(-3).join('; ') || 'PostgreSQL ended without a word';
}
