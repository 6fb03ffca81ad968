import type { Reason } from './ledger.ts';

/**
 * What trying a failed item again can bring.
 *
 * - `now`: the cause was of the moment
 * - `afterFix`: somebody has to change something first, at the school or on the server
 * - `never`: this import would meet the same again; what changed at the school comes with the next import
 */
export type RetryClass = 'now' | 'afterFix' | 'never';

/** The class of every reason for which an item fails. */
const retryClasses: Readonly<Record<Reason, RetryClass>> = {
  CONFIGURATION_INVALID: 'afterFix',
  INPUT_INVALID: 'never',
  EVENT_INVALID: 'never',
  NOT_FOUND: 'never',
  CONFLICT: 'now',
  DATABASE_UNAVAILABLE: 'now',
  DATABASE_FAILED: 'now',
  ENGINE_UNAVAILABLE: 'now',
  DISK_FULL: 'afterFix',
  STORAGE_FAILED: 'now',
  SOURCE_KEY_REJECTED: 'afterFix',
  SOURCE_FORBIDDEN: 'afterFix',
  SOURCE_NOT_FOUND: 'never',
  SOURCE_RATE_LIMITED: 'now',
  SOURCE_QUOTA_EXHAUSTED: 'afterFix',
  SOURCE_UNAVAILABLE: 'now',
  SOURCE_ANSWER_INVALID: 'now',
  SOURCE_REQUEST_REFUSED: 'now',
  URL_INVALID: 'never',
  HOST_NOT_ALLOWED: 'afterFix',
  CONNECTION_FAILED: 'now',
  TIMED_OUT: 'now',
  RESPONSE_TOO_LARGE: 'never',
  REDIRECT_LIMIT: 'afterFix',
  MAIL_FAILED: 'never',
  ASSET_FORBIDDEN: 'afterFix',
  ASSET_GONE: 'never',
  ASSET_UNAVAILABLE: 'now',
  ASSET_TOO_LARGE: 'afterFix',
  ASSET_TYPE_WRONG: 'afterFix',
  ASSET_CUT_OFF: 'now',
  ASSET_RATE_LIMITED: 'now',
  ASSET_EMPTY: 'afterFix',
  VIDEO_NOT_READY: 'afterFix',
  VIDEO_URL_EXPIRED: 'now',
  VIDEO_UNREADABLE: 'afterFix',
  CONTENT_UNREADABLE: 'never',
  IMPORT_NOT_RUNNING: 'now',
  LEDGER_MISMATCH: 'never',
  UNEXPECTED: 'now',
  SOURCE_GONE: 'never',
  UNSUPPORTED: 'never',
  IMPORT_CANCELLED: 'never',
  EDITED_HERE: 'never',
};

/** The reasons of some classes. */
export function reasonsOf(classes: readonly RetryClass[]): string[] {
  return Object.entries(retryClasses).flatMap(([reason, name]) => (classes.includes(name) ? [reason] : []));
}

/** `never` for a reason that is not known any more. */
export function retryClassOf(reason: string | null): RetryClass {
  return Object.hasOwn(retryClasses, reason ?? '') ? retryClasses[reason as Reason] : 'never';
}
