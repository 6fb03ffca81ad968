import type { ErrorCode } from './codes.ts';

/**
 * May the failed operation be tried again, and when?
 *
 * - `never`: repeating it cannot help (the input, the rights or the source have to change first)
 * - `later`: transient; the engine's own retry policy decides when
 * - `{ afterMs }`: transient, and the other side said how long to wait
 */
export type Retry = 'never' | 'later' | { readonly afterMs: number };

export interface AppErrorOptions {
  readonly code: ErrorCode;
  /** For the operator: what was attempted on what, and its present state. Never holds a secret. */
  readonly message: string;
  /** For the owner of the school: one plain sentence, with what to do. Never holds a secret. */
  readonly publicMessage: string;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/** The one error class that our code throws on purpose. Anything else is a bug or a broken neighbour and is retried. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly retry: Retry;

  constructor(options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.publicMessage = options.publicMessage;
    this.retry = options.retry;
  }
}

/** True for our own errors, optionally only those with one of the given codes. */
export function isAppError(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}
