import type { JsonText } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import { matchesPattern } from '../registry/event-pattern.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import type { Change, Effect, NewRun, StoredEvent } from '../store/rows.ts';
import type { WaitNames } from '../waits/wait-names.ts';
import { createRun } from './new-run.ts';

/** An event with its ids, ready to be stored. */
export interface NewEvent {
  readonly id: string;
  readonly externalId: string | null;
  readonly name: string;
  /** Runs start then, or at once if it has passed. */
  readonly tsMs: number;
  readonly payload: JsonText;
}

/** Who may take notice of an event. */
export interface Audience {
  readonly registry: Registry;
  readonly waitNames: WaitNames;
}

/** Everything that an event brings about, to be written together with it. */
export type EventPlan = Required<Pick<Change, 'events' | 'newRuns' | 'effects'>>;

/**
 * Works out what an event starts, cancels and resumes.
 *
 * @param options.only the one function that the event is for, whatever its triggers (a cron's firing)
 * @param options.hasInvoker the event tells a step of the end of the run that it invoked
 */
export function planEvent(
  { registry, waitNames }: Audience,
  event: NewEvent,
  nowMs: number,
  { only, hasInvoker = false }: { only?: RegisteredFunction; hasInvoker?: boolean } = {},
): EventPlan {
  const scope = lazyScope(event.payload);
  const stored: StoredEvent = {
    id: event.id,
    externalId: event.externalId,
    name: event.name,
    receivedAtMs: nowMs,
    payload: event.payload,
  };
  const functions = only
    ? [only]
    : registry.startedBy(event.name).filter((fn) => isStarted(fn, event.name, scope));

  const cancellers = registry.cancelledBy(event.name);
  const mayResume = waitNames.mayHave(event.name);
  // Runs and waits that exist now have smaller ids than this, later ones greater ids.
  const marker = cancellers.length > 0 || mayResume || hasInvoker ? newId() : '';
  const effect = (kind: Effect['kind'], target: string): Effect => ({
    eventId: event.id,
    kind,
    target,
    beforeId: marker,
  });
  return {
    events: [stored],
    newRuns: functions.filter((fn) => fn.admission === null).map((fn) => planRun(fn, event, scope, nowMs)),
    effects: [
      ...cancellers.map((fn): Effect => effect('cancel', fn.id)),
      ...functions.filter((fn) => fn.admission !== null).map((fn) => planAdmission(fn, event)),
      ...(mayResume ? [effect('resume', '')] : []),
      ...(hasInvoker ? [effect('answer', '')] : []),
    ],
  };
}

export function joinPlans(plans: readonly EventPlan[]): EventPlan {
  return {
    events: plans.flatMap((plan) => plan.events),
    newRuns: plans.flatMap((plan) => plan.newRuns),
    effects: plans.flatMap((plan) => plan.effects),
  };
}

type EventScope = () => { readonly event: unknown };

/** Most events meet no expression; those are not parsed. */
function lazyScope(payload: JsonText): EventScope {
  let scope: { event: unknown } | null = null;
  return () => {
    scope ??= { event: JSON.parse(payload) };
    return scope;
  };
}

function isStarted(fn: RegisteredFunction, eventName: string, scope: EventScope): boolean {
  return fn.eventTriggers.some(
    ({ event, expression }) =>
      matchesPattern(event, eventName) && (expression === null || expression.isTrue(scope())),
  );
}

/** The marker becomes the id of the run that the event starts, so that the run is as old as the event. */
function planAdmission(fn: RegisteredFunction, event: NewEvent): Effect {
  return { eventId: event.id, kind: 'admit', target: fn.id, beforeId: newId() };
}

function planRun(fn: RegisteredFunction, event: NewEvent, scope: EventScope, nowMs: number): NewRun {
  const source = { fn, eventId: event.id, payload: event.payload, tsMs: event.tsMs };
  const key = event.externalId;
  return {
    run: createRun(source, () => scope().event, nowMs),
    idempotency: key === null ? null : { key, expiresAtMs: nowMs + limits.idempotencyMs },
  };
}
