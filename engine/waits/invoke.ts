import { randomUUID } from 'node:crypto';
import { eventPayload, InvalidEvent, parseEvent } from '../intake/event.ts';
import type { NewEvent } from '../intake/plan.ts';
import { isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { failureMemo } from '../runs/memo.ts';
import { type Op, textOption } from '../runs/ops.ts';
import { endRun, finishStep, isNew, startStep, type Transition } from '../runs/transition.ts';
import { readWaitTime } from './wait-time.ts';

/** Who invokes, and how it finds what it invokes. */
export interface InvokeContext {
  readonly fn: RegisteredFunction;
  findFunction(name: string): RegisteredFunction | undefined;
}

/** Starts another function by an event of its own, and lets the step wait for its end (Inngest SDK spec 5.3.4). */
export function invokeFunction(transition: Transition, op: Op, context: InvokeContext): void {
  if (!isNew(transition, op)) return;

  const { nowMs, run } = transition;
  const timeout = textOption(op.opts.timeout);
  const time =
    timeout === ''
      ? { waitMs: limits.defaultInvokeMs }
      : readWaitTime(timeout, 'invoke a function', nowMs, limits.invokeMs);
  if ('error' in time) {
    endRun(transition, { status: 'failed', error: time.error });
    return;
  }
  const name = textOption(op.opts.function_id);
  const fn = context.findFunction(name);
  if (fn === undefined) {
    failStep(transition, op, `could not find function with ID: ${name}`);
    return;
  }
  const own = {
    fn_id: fn.config.slug,
    correlation_id: correlationId(run.id, op.id),
    expire: nowMs + time.waitMs,
    gid: randomUUID(),
    name: op.displayName,
    source_app_id: context.fn.appId,
    source_fn_id: context.fn.id,
    source_fn_v: context.fn.version,
  };
  const event = readPayload(op.opts.payload, own, nowMs);
  if (typeof event === 'string') {
    failStep(transition, op, `Cannot invoke "${name}": ${event}`);
    return;
  }
  startStep(transition, op, {
    status: 'waiting',
    dueAtMs: nowMs + time.waitMs,
    waitsFor: { function: fn.config.slug, eventId: event.id },
  });
  transition.invocations.push({ fn, event });
}

function failStep(transition: Transition, op: Op, message: string): void {
  finishStep(transition, op, { status: 'failed', memo: failureMemo('Error', message), attempts: 0 });
}

/** The event of an invocation, or why its data cannot be sent. */
function readPayload(payload: unknown, own: JsonObject, nowMs: number): NewEvent | string {
  const { data, meta, v } = isJsonObject(payload) ? payload : {};
  try {
    return invokedEvent({ data, meta, v }, own, nowMs);
  } catch (error) {
    if (error instanceof InvalidEvent) return error.message;
    throw error;
  }
}

/**
 * The event that starts an invoked function.
 *
 * @param value an event without a name
 * @param own what the engine says in the event's `data._inngest`
 * @throws {InvalidEvent}
 */
export function invokedEvent(value: JsonObject, own: JsonObject, nowMs: number): NewEvent {
  const id = newId();
  const incoming = parseEvent({ ...value, name: 'invocation' }, nowMs);
  const data = { ...incoming.data, _inngest: own };
  const { invoked: name } = internalEvent;
  const { externalId, tsMs } = incoming;
  const payload = eventPayload({ ...incoming, name, data }, id, limits.invocationBytes);
  return { id, externalId, name, tsMs, payload };
}

function correlationId(runId: string, stepId: string): string {
  return `${runId}.${stepId}`;
}

/** The step that waits for the run which an event started; null if the event was not sent by an invocation. */
export function invokerOf(event: unknown): { id: string; runId: string; stepId: string } | null {
  const data = isJsonObject(event) && event.name === internalEvent.invoked ? event.data : null;
  const own = isJsonObject(data) ? data._inngest : null;
  return isJsonObject(own) ? readCorrelationId(own.correlation_id) : null;
}

/** Reads what `correlationId` wrote. */
export function readCorrelationId(id: unknown): { id: string; runId: string; stepId: string } | null {
  const match = typeof id === 'string' ? /^([^.]+)\.(.+)$/.exec(id) : null;
  return match === null ? null : { id: match[0], runId: match[1] ?? '', stepId: match[2] ?? '' };
}
