import { idHex } from './ids.ts';

/**
 * The header `traceparent` of a call (W3C Trace Context, section 3.2): an app that traces its work finds all calls of a run in
 * one trace, whose id is the run's in hexadecimal.
 */
export function traceParent(runId: string, requestId: string): string {
  return `00-${idHex(runId)}-${idHex(requestId).slice(-16)}-01`;
}
