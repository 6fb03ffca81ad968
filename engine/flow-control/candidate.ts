import { isJsonObject, type JsonText } from '../protocol/canonical-json.ts';
import type { Admission, RegisteredFunction } from '../registry/registered-function.ts';
import { keyText, valueOfKey } from '../registry/registered-function.ts';
import type { WaitingEvent } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import type { CollectedEvent } from './collection.ts';

/** An event that asks to be admitted to a function, with the keys that the function's flow control has for it. */
export interface Candidate extends CollectedEvent {
  readonly effect: Effect;
  readonly externalId: string | null;
  readonly payload: JsonText;
  /** The event as expressions see it. */
  readonly value: unknown;
  /** Null if the event is not for a batch. */
  readonly batchKey: string | null;
  /** Null if the event is not limited. */
  readonly rateLimitKey: string | null;
  /** Null if the function has no debounce. */
  readonly debounceKey: string | null;
  /** The key of the run that the event starts. Null if the event waits in a debounce, or the function is no singleton for it. */
  readonly singletonKey: string | null;
}

const noRules: Admission = { batch: null, rateLimit: null, debounce: null, singleton: null };

export function rulesOf(fn: RegisteredFunction): Admission {
  return fn.admission ?? noRules;
}

export function toCandidate(fn: RegisteredFunction, effect: Effect, event: WaitingEvent): Candidate {
  const { id, externalId, receivedAtMs, payload } = event;
  const value: unknown = JSON.parse(payload);
  const { batch, rateLimit, debounce, singleton } = rulesOf(fn);
  const isBatched = batch !== null && (batch.condition === null || batch.condition.isTrue({ event: value }));
  return {
    effect,
    id,
    externalId,
    receivedAtMs,
    payload,
    value,
    bytes: Buffer.byteLength(payload),
    tsMs: timeOf(value) ?? receivedAtMs,
    batchKey: isBatched ? textOfKey(batch, value) : null,
    // Functions that collect events know no rate limit, not even for those that they do not collect.
    rateLimitKey: batch === null ? rateLimit && switchableKey(rateLimit, value) : null,
    debounceKey: debounce && textOfKey(debounce, value),
    singletonKey: debounce === null ? singleton && switchableKey(singleton, value) : null,
  };
}

/** The time that an event gives for itself, in ms. */
export function timeOf(event: unknown): number | null {
  return isJsonObject(event) && typeof event.ts === 'number' ? event.ts : null;
}

type Keyed = { readonly key: Parameters<typeof valueOfKey>[0] | null };

function textOfKey({ key }: Keyed, event: unknown): string {
  return key === null ? '' : keyText(valueOfKey(key, event));
}

/** Null if the key is false for the event, which switches the setting off. */
export function switchableKey({ key }: Keyed, event: unknown): string | null {
  if (key === null) return '';
  const value = valueOfKey(key, event);
  return value === false ? null : keyText(value);
}
