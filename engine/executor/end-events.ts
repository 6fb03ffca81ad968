import { type Audience, type EventPlan, joinPlans, type NewEvent, planEvent } from '../intake/plan.ts';
import { sessionsMeta } from '../intake/sessions.ts';
import { isJsonObject, type JsonObject, wrappingJson } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Run } from '../runs/run.ts';
import { invokerOf } from '../waits/invoke.ts';

const statusNames = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
} as const;

/** Handlers of these must not set off one another for ever. */
const silentTriggers: readonly string[] = [internalEvent.finished, internalEvent.failed];

/**
 * The internal events that the end of a run sends, and what they start (onFailure handlers among it).
 *
 * A finished event that nobody listens to is not kept: it would be as large as the run's event, for every run.
 */
export function planEndEvents(
  audience: Audience,
  fn: RegisteredFunction,
  run: Run,
  nowMs: number,
): EventPlan {
  const payloads = run.batch?.events ?? [run.event];
  const isInvoked = payloads.some((payload) => payload.includes(internalEvent.invoked));
  const isFinishedHeard = isInvoked || isHeard(audience, internalEvent.finished);
  const names: string[] = isFinishedHeard ? [internalEvent.finished] : [];
  if (run.status === 'failed') names.push(internalEvent.failed);
  if (run.status === 'cancelled') names.push(internalEvent.cancelled);
  if (names.length === 0) return joinPlans([]);

  const events = payloads.map(parse).filter(isJsonObject);
  const [first] = events;
  if (first === undefined || silentTriggers.includes(String(first.name))) return joinPlans([]);

  // Each invoker of a batch hears of its end by an event of its own.
  const told = events
    .map((event) => ({ event, invoker: invokerOf(event) }))
    .filter(({ event, invoker }) => event === first || invoker !== null);
  return joinPlans(
    told.flatMap(({ event, invoker }) => {
      const correlation = invoker === null ? {} : { correlation_id: invoker.id };
      const data = { ...endData(fn, run, event, events), ...correlation };
      return names.map((name) => {
        // Failed and cancelled events have the run's id, so that each handler is started once.
        const id = name === internalEvent.finished || event !== first ? newId() : run.id;
        const hasInvoker = invoker !== null && name === internalEvent.finished;
        return planEvent(audience, toEvent(name, data, id, event, nowMs), nowMs, { hasInvoker });
      });
    }),
  );
}

function isHeard({ registry, waitNames }: Audience, eventName: string): boolean {
  return (
    registry.startedBy(eventName).length > 0 ||
    registry.cancelledBy(eventName).length > 0 ||
    waitNames.mayHave(eventName)
  );
}

function toEvent(name: string, data: JsonObject, id: string, about: JsonObject, nowMs: number): NewEvent {
  return {
    id,
    externalId: null,
    name,
    tsMs: nowMs,
    payload: wrappingJson({ name, data, id, ts: nowMs, user: {}, ...sessionsMeta(about) }),
  };
}

function endData(
  fn: RegisteredFunction,
  run: Run,
  event: JsonObject,
  events: readonly JsonObject[],
): JsonObject {
  const base = {
    _inngest: { status: statusNames[run.status] },
    function_id: fn.config.slug,
    run_id: run.id,
    event,
    events: events.map(({ user: _, ...eventWithoutUser }) => eventWithoutUser),
  };
  if (run.status === 'completed') return { ...base, result: parse(run.output) };
  if (run.status === 'cancelled') return base;

  const error = parse(run.error);
  const fields = isJsonObject(error) ? error : { name: 'Error', message: String(error) };
  return { ...base, error: { error: fields.message, ...fields }, result: error };
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
