/**
 * Every reason for which our code gives up or waits, one closed list.
 *
 * After a step boundary an error keeps only name, message, stack, code and cause, so decisions are made by code.
 */
export const errorCodes = [
  // configuration and use
  'CONFIGURATION_INVALID',
  'INPUT_INVALID',
  'EVENT_INVALID',
  'NOT_FOUND',
  'CONFLICT',
  // our own neighbours
  'DATABASE_UNAVAILABLE',
  'DATABASE_FAILED',
  'ENGINE_UNAVAILABLE',
  'DISK_FULL',
  'STORAGE_FAILED',
  // the source platform's API
  'SOURCE_KEY_REJECTED',
  'SOURCE_FORBIDDEN',
  'SOURCE_NOT_FOUND',
  'SOURCE_RATE_LIMITED',
  'SOURCE_QUOTA_EXHAUSTED',
  'SOURCE_UNAVAILABLE',
  'SOURCE_ANSWER_INVALID',
  'SOURCE_REQUEST_REFUSED',
  // outgoing requests
  'URL_INVALID',
  'HOST_NOT_ALLOWED',
  'CONNECTION_FAILED',
  'TIMED_OUT',
  'RESPONSE_TOO_LARGE',
  'REDIRECT_LIMIT',
  'MAIL_FAILED',
  // assets and media
  'ASSET_FORBIDDEN',
  'ASSET_GONE',
  'ASSET_UNAVAILABLE',
  'ASSET_RATE_LIMITED',
  'ASSET_TOO_LARGE',
  'ASSET_TYPE_WRONG',
  'ASSET_CUT_OFF',
  'ASSET_EMPTY',
  'VIDEO_NOT_READY',
  'VIDEO_URL_EXPIRED',
  'VIDEO_UNREADABLE',
  // content
  'CONTENT_UNREADABLE',
  // imports
  'IMPORT_NOT_RUNNING',
  'LEDGER_MISMATCH',
  'UNEXPECTED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** True for a text that is one of our codes; narrows what came back over a step boundary. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(value);
}
