import { AppError } from '../../errors/app-error.ts';
import type { ErrorCode } from '../../errors/codes.ts';
import { longestRetryAfterMs, readRetryAfterMs } from '../../http/retry-timing.ts';
import type { CallAnswer } from '../types.ts';
import { defaultRateLimitWaitMs, maxJitterMs } from './limits.ts';

/** A call's answer, as far as errors need it. */
export interface ReceivedAnswer {
  /** Method and path below the API's address: never the query, never the host. */
  readonly call: string;
  readonly status: number;
  readonly headers: Headers;
  /** `message` of a JSON body; null when there is none. */
  readonly message: string | null;
  /** What the body starts with, cleaned of secrets. */
  readonly excerpt: string;
}

const publicMessages = {
  keyRejected:
    'Teachable did not accept the API key. Check in Teachable under Settings > API that it exists and that your plan includes API access (Growth or higher).',
  forbidden:
    'Teachable does not allow this API key to read that. Check in Teachable under Settings > API what the key may do and that your plan includes API access (Growth or higher).',
  notFound: 'Teachable does not know this course, lesson or video. It may have been deleted there.',
  noRoute: 'The address of the Teachable API seems to be wrong. Check the connection of your school.',
  rateLimited: 'Teachable asked us to slow down. The import goes on by itself.',
  unavailable: 'Teachable has a problem at the moment. It is tried again.',
  invalid: 'Teachable sent an answer that could not be read. It is tried again.',
  refused: 'Teachable refused a request. Try again later, and report it if that does not help.',
} as const;

/**
 * What an answer other than a readable success means, as docs.teachable.com ("Requests", "Rate limits") describes it and
 * servers in front of an API behave.
 */
export function answerError(answer: ReceivedAnswer, gatewayTimeoutWaitMs: number): AppError {
  const { status, message } = answer;
  if (refusalOf(answer) !== null) return rateLimitError(answer);
  if (status === 401) return error(answer, 'SOURCE_KEY_REJECTED', 'never', publicMessages.keyRejected);
  if (status === 403) return error(answer, 'SOURCE_FORBIDDEN', 'never', publicMessages.forbidden);
  if (status === 404 && message !== null) {
    // The gateway's word for a path that it does not have; the application behind it says something else.
    if (/no route matched/i.test(message)) {
      return error(answer, 'SOURCE_REQUEST_REFUSED', 'never', publicMessages.noRoute);
    }
    return error(answer, 'SOURCE_NOT_FOUND', 'never', publicMessages.notFound);
  }
  if (status === 504) {
    return error(answer, 'SOURCE_UNAVAILABLE', { afterMs: gatewayTimeoutWaitMs }, publicMessages.unavailable);
  }
  if (status >= 500 || status === 408) {
    // `RateLimit-Reset` may stand on any answer and says nothing about when the server recovers.
    const afterMs = answer.headers.has('retry-after') ? readRetryAfterMs(answer.headers) : null;
    return error(
      answer,
      'SOURCE_UNAVAILABLE',
      afterMs === null ? 'later' : { afterMs },
      publicMessages.unavailable,
    );
  }
  // A 404 without the API's own words says nothing about a course: something else answered.
  if (status < 400 || status === 404) return invalidAnswer(answer, `status ${status}`);
  return error(answer, 'SOURCE_REQUEST_REFUSED', 'never', publicMessages.refused);
}

/** Whether an answer refuses because of too many calls: of the minute, or by a 403 that speaks of another limit. */
export function refusalOf({
  status,
  message,
}: Pick<ReceivedAnswer, 'status' | 'message'>): CallAnswer['refusal'] {
  if (status === 429) return 'rate';
  return status === 403 && /limit|quota/i.test(message ?? '') ? 'quota' : null;
}

/** A success that is no JSON, or not what was asked for. */
export function invalidAnswer(answer: Pick<ReceivedAnswer, 'call' | 'excerpt'>, state: string): AppError {
  return new AppError({
    code: 'SOURCE_ANSWER_INVALID',
    message: `Cannot read ${answer.call} of Teachable: ${state}, the answer starts with "${answer.excerpt}"`,
    publicMessage: publicMessages.invalid,
    retry: 'later',
  });
}

/** The call got no answer: refused, cut off or too slow. */
export function unansweredCall(call: string, cause: AppError): AppError {
  const tooLarge = cause.code === 'RESPONSE_TOO_LARGE';
  return new AppError({
    code: tooLarge ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNAVAILABLE',
    message: `Cannot read ${call} of Teachable: ${cause.message}`,
    publicMessage: tooLarge ? publicMessages.invalid : publicMessages.unavailable,
    retry: 'later',
    cause,
  });
}

/** Milliseconds until the window of the rate limit ends, as the source says (`RateLimit-Reset` is in seconds); else null. */
export function readResetMs(headers: Headers): number | null {
  const seconds = readCount(headers, 'ratelimit-reset');
  return seconds === null ? null : seconds * 1000;
}

/** A header that holds a whole number; null when it is missing or something else. */
export function readCount(headers: Headers, name: string): number | null {
  const value = headers.get(name)?.trim() ?? '';
  return /^\d{1,12}$/.test(value) ? Number(value) : null;
}

function rateLimitError(answer: ReceivedAnswer): AppError {
  const waitMs = readRetryAfterMs(answer.headers) ?? defaultRateLimitWaitMs;
  const afterMs = Math.min(waitMs + Math.round(Math.random() * maxJitterMs), longestRetryAfterMs);
  return error(answer, 'SOURCE_RATE_LIMITED', { afterMs }, publicMessages.rateLimited);
}

function error(
  answer: ReceivedAnswer,
  code: ErrorCode,
  retry: AppError['retry'],
  publicMessage: string,
): AppError {
  const reason = answer.excerpt === '' ? '' : ` "${answer.excerpt}"`;
  return new AppError({
    code,
    message: `Cannot read ${answer.call} of Teachable: status ${answer.status}${reason}`,
    publicMessage,
    retry,
  });
}
