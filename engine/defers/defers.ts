import { type Audience, type EventPlan, joinPlans, planEvent } from '../intake/plan.ts';
import { InvalidSessions, mergeSessions } from '../intake/sessions.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonText,
  wrappingJson,
} from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { type Op, textOption } from '../runs/ops.ts';
import type { Run } from '../runs/run.ts';
import type { Transition } from '../runs/transition.ts';

/** A function that is to be started when the run ends, by its id in the run (`defer` of the SDK). */
export interface Defer {
  readonly functionSlug: string;
  readonly input: JsonObject;
  readonly meta: JsonObject | null;
  /** It was taken back. It is remembered all the same: the app goes on reporting it. */
  readonly isAborted: boolean;
}

export type Defers = Readonly<Record<string, Defer>>;

const lazyOps: readonly Op['op'][] = ['DeferAdd', 'DeferAbort'];

/** Whether an op only tells something for later: it is neither a step nor asks for one. */
export function isLazy(op: Op): boolean {
  return lazyOps.includes(op.op);
}

/** Remembers a deferred function. What cannot be deferred is left out: it must not fail the run. */
export function addDefer(transition: Transition, op: Op): void {
  const { run } = transition;
  const { input, meta } = op.opts;
  const functionSlug = textOption(op.opts.fn_slug);
  if (functionSlug === '' || Object.hasOwn(run.defers, op.id)) return;
  if (Object.keys(run.defers).length >= limits.defersPerRun) return;

  const defer: Defer = {
    functionSlug,
    input: isJsonObject(input) ? input : {},
    meta: readMeta(meta),
    isAborted: false,
  };
  const defers = { ...run.defers, [op.id]: defer };
  if (Buffer.byteLength(defersText(defers)) > limits.deferBytes) return;
  run.defers = defers;
  transition.isRunChanged = true;
}

/** Sessions that cannot be read are left out. */
function readMeta(value: unknown): JsonObject | null {
  try {
    return isJsonObject(value) ? mergeSessions(value) : null;
  } catch (error) {
    if (error instanceof InvalidSessions) return null;
    throw error;
  }
}

export function abortDefer(transition: Transition, op: Op): void {
  const { run } = transition;
  const id = textOption(op.opts.target_hashed_id);
  const defer = Object.hasOwn(run.defers, id) ? run.defers[id] : undefined;
  if (defer === undefined || defer.isAborted) return;
  run.defers = { ...run.defers, [id]: { ...defer, input: {}, isAborted: true } };
  transition.isRunChanged = true;
}

/** Deferred functions as they are stored. */
export function defersText(defers: Defers): JsonText {
  return wrappingJson(defers);
}

/** Reads what `defersText` wrote. */
export function readDefers(text: JsonText): Defers {
  return JSON.parse(text) as Defers;
}

/** Deferred functions as calls tell of them. */
export function defersOfCall(defers: Defers): JsonText {
  const entries = Object.entries(defers).map(([id, { isAborted }]) => [id, { abortable: !isAborted }]);
  return canonicalJson(Object.fromEntries(entries));
}

/** The events that start the deferred functions of a run, however it ended. */
export function planDefers(audience: Audience, fn: RegisteredFunction, run: Run, nowMs: number): EventPlan {
  const left = Object.entries(run.defers).filter(([, { isAborted }]) => !isAborted);
  return joinPlans(
    left.map(([deferId, { functionSlug, input, meta }]) => {
      const externalId = `${run.id}.${deferId}`;
      const own = { fn_slug: functionSlug, parent_fn_slug: fn.config.slug, parent_run_id: run.id };
      const payload = wrappingJson({
        name: internalEvent.deferred,
        data: { ...input, _inngest: own },
        id: externalId,
        ts: nowMs,
        user: {},
        ...(meta === null ? {} : { meta }),
      });
      const event = { id: newId(), externalId, name: internalEvent.deferred, tsMs: nowMs, payload };
      return planEvent(audience, event, nowMs);
    }),
  );
}
