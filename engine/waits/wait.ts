import type { JsonText } from '../protocol/canonical-json.ts';

/**
 * What the engine needs to finish a step itself, kept beside the step until it is finished: which event or signal it waits
 * for, or the request that it makes.
 */
export interface Wait {
  readonly kind: 'event' | 'signal' | 'request';
  readonly runId: string;
  readonly stepId: string;
  /** The event's or signal's name in an indexable form (`indexable`); empty for a request. */
  readonly name: string;
  /** Only events whose effects have a greater id were received after the wait was set. */
  readonly setId: string;
  readonly match: EventMatch | null;
  /** What is requested, with its secrets. It is shown nowhere. */
  readonly request: JsonText | null;
}

/** The condition that an event has to meet, besides its name. */
export interface EventMatch {
  readonly expression: string;
  /** Those parts of the triggering event that the expression names; null if they are too large to be kept twice. */
  readonly event: JsonText | null;
  /** A value that a matching event has at a path: waits are looked up by it. Null if the expression demands none. */
  readonly key: MatchKey | null;
}

export interface MatchKey {
  /** The path as a JSON array. */
  readonly path: string;
  readonly valueHash: string;
}

/** Names a wait that is to be removed. */
export interface WaitRef {
  readonly runId: string;
  readonly stepId: string;
}

/** What a step waits for, or asks for, as people are told. */
export type WaitsFor =
  | { readonly event: string; readonly if: string | null }
  | { readonly signal: string }
  | { readonly function: string; readonly eventId: string }
  | { readonly request: { readonly method: string; readonly url: string } };

export function isEventWait<S extends { readonly waitsFor: WaitsFor | null }>(
  step: S,
): step is S & { readonly waitsFor: { readonly event: string } } {
  return step.waitsFor !== null && 'event' in step.waitsFor;
}
