import { canonicalJson, type JsonText } from '../protocol/canonical-json.ts';
import { parseWaitMs } from '../protocol/time-strings.ts';

/** How long a wait may last, or the error of the run that asks for something else. */
export type WaitTime = { readonly waitMs: number } | { readonly error: JsonText };

/**
 * Reads the time-out of a wait. An empty one has expired already.
 *
 * @param action completes "Cannot …", such as "sleep"
 */
export function readWaitTime(text: string, action: string, nowMs: number, maxMs: number): WaitTime {
  const waitMs = text === '' ? 0 : parseWaitMs(text, nowMs);
  if (waitMs === null) {
    const message = `Cannot ${action}: "${text}" is neither a duration nor a date`;
    return { error: canonicalJson({ name: 'InvalidTime', message }) };
  }
  if (waitMs > maxMs) {
    const message = `Cannot ${action}: the time is more than ${maxMs / dayMs} days away`;
    return { error: canonicalJson({ name: 'InngestErrTimeoutTooLong', message }) };
  }
  return { waitMs };
}

const dayMs = 24 * 3_600_000;
