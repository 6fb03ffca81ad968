import { AppError, isAppError } from '../errors/app-error.ts';
import { describeUrl } from './url.ts';

const timeOutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
];

/**
 * What a failed exchange means: `TIMED_OUT` or `CONNECTION_FAILED`, both worth another try later. Our own errors and
 * the caller's abort pass unchanged.
 */
export function toRequestError(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (isAppError(error)) return error;

  const reason = reasonOf(error);
  const timedOut = timeOutCodes.includes(reason);
  return new AppError({
    code: timedOut ? 'TIMED_OUT' : 'CONNECTION_FAILED',
    message: `Cannot read ${describeUrl(url)}: ${timedOut ? 'the server took too long' : 'the connection failed'} (${reason})`,
    publicMessage: timedOut
      ? `${url.host} took too long to answer. It is tried again.`
      : `The connection to ${url.host} failed. It is tried again.`,
    retry: 'later',
    cause: error,
  });
}

export function responseTooLarge(url: URL, maxBytes: number): AppError {
  return new AppError({
    code: 'RESPONSE_TOO_LARGE',
    message: `Cannot read ${describeUrl(url)}: the answer is larger than the limit of ${maxBytes} bytes`,
    publicMessage: `The answer of ${url.host} is larger than the limit of ${maxBytes} bytes.`,
    retry: 'never',
  });
}

export function redirectLimit(url: URL, maxRedirects: number): AppError {
  return new AppError({
    code: 'REDIRECT_LIMIT',
    message: `Cannot read ${describeUrl(url)}: redirected more than ${maxRedirects} times`,
    publicMessage: `${url.host} redirects without end. Correct the address at the source.`,
    retry: 'never',
  });
}

/** The system's or undici's short code. Messages are left out: they may quote addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
