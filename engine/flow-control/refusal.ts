import { isJsonObject, type JsonText, wrappingJson } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Change } from '../store/rows.ts';
import { invokerOf } from '../waits/invoke.ts';

/** An event that will start no run. */
export interface Refusal {
  readonly eventId: string;
  /** What an invoking step is told. */
  readonly message: string;
}

export const refusals = {
  rateLimited: 'invoked function is rate limited',
  skipped: 'invoked function was skipped: it is a singleton, and another run of it is active',
  replaced: 'invoked function is debounced: a later event took the place of this one',
  removed: 'invoked function was removed',
} as const;

/** Whether the sender of an event waits for the run. A cheap check, which may say yes too often. */
export function mayBeInvocation(payload: JsonText): boolean {
  return payload.includes(internalEvent.invoked);
}

/** Tells the steps that invoked the function and wait for a run that will not be. */
export function planRefusals(
  fn: RegisteredFunction,
  refused: readonly { readonly message: string; readonly payload: JsonText }[],
  nowMs: number,
): Required<Pick<Change, 'events' | 'effects'>> {
  const events = refused.flatMap(({ message, payload }) => {
    const event: unknown = JSON.parse(payload);
    const invoker = invokerOf(event);
    return invoker === null || !isJsonObject(event)
      ? []
      : [finishedEvent(fn, event, invoker.id, message, nowMs)];
  });
  return {
    events,
    effects: events.map(({ id }) => ({ eventId: id, kind: 'answer', target: '', beforeId: newId() })),
  };
}

/** As the end of a failed run would tell it (Inngest SDK spec 5.3.4). There is no run, so it has no id. */
function finishedEvent(
  fn: RegisteredFunction,
  event: Record<string, unknown>,
  correlationId: string,
  message: string,
  nowMs: number,
): NonNullable<Change['events']>[number] {
  const id = newId();
  const name = internalEvent.finished;
  const error = { name: 'Error', message };
  const data = {
    _inngest: { status: 'Failed' },
    function_id: fn.config.slug,
    run_id: '',
    event,
    events: [event],
    error: { error: message, ...error },
    result: error,
    correlation_id: correlationId,
  };
  const payload = wrappingJson({ name, data, id, ts: nowMs, user: {} });
  return { id, externalId: null, name, receivedAtMs: nowMs, payload };
}
