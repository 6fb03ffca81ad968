import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../intake/plan.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { failureMemo } from '../runs/memo.ts';
import type { Op } from '../runs/ops.ts';
import { endRun, finishStep, isNew, startStep, type Transition } from '../runs/transition.ts';
import { readWaitTime, textOption } from './wait-time.ts';

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
  const { payload } = op.opts;
  const event = invokedEvent(isJsonObject(payload) ? payload : {}, nowMs, {
    fn_id: fn.config.slug,
    correlation_id: correlationId(run.id, op.id),
    expire: nowMs + time.waitMs,
    gid: randomUUID(),
    name: op.displayName,
    source_app_id: context.fn.appId,
    source_fn_id: context.fn.id,
    source_fn_v: context.fn.version,
  });
  if (Buffer.byteLength(event.payload) > limits.eventBytes) {
    failStep(transition, op, `Cannot invoke "${name}": its data is larger than ${limits.eventBytes} bytes`);
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

/** The event that starts an invoked function. `_inngest` in its data is the engine's own. */
export function invokedEvent(payload: JsonObject, nowMs: number, own: JsonObject): NewEvent {
  const id = newId();
  const { data, meta, v } = payload;
  return {
    id,
    externalId: null,
    name: internalEvent.invoked,
    tsMs: nowMs,
    payload: canonicalJson({
      name: internalEvent.invoked,
      data: { ...(isJsonObject(data) ? data : {}), _inngest: own },
      id,
      ts: nowMs,
      user: {},
      ...(typeof v === 'string' && v !== '' ? { v } : {}),
      ...(isJsonObject(meta) ? { meta } : {}),
    }),
  };
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
