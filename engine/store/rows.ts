import { defersText } from '../defers/defers.ts';
import type { StoredMetadata } from '../metadata/metadata.ts';
import { canonicalJson, type JsonText } from '../protocol/canonical-json.ts';
import type { Run, Step } from '../runs/run.ts';
import type { Wait, WaitRef } from '../waits/wait.ts';
import type { AdmissionChange } from './admission-rows.ts';
import type { BulkCancellation } from './bulk-cancellations.ts';

/** An event as it is stored. */
export interface StoredEvent {
  readonly id: string;
  /** The id that the sender gave, if any. */
  readonly externalId: string | null;
  readonly name: string;
  readonly receivedAtMs: number;
  /** The event as functions see it. */
  readonly payload: JsonText;
}

/** A run that an event is to start. It comes into being only if the event is new and its idempotency key is free. */
export interface NewRun {
  readonly run: Run;
  readonly idempotency: { readonly key: string; readonly expiresAtMs: number } | null;
}

/**
 * `cancel` runs of a function, `admit` the event to a function with flow control, `resume` steps that wait for the event,
 * `answer` the step that invoked a run whose end the event tells.
 */
export type EffectKind = 'cancel' | 'admit' | 'resume' | 'answer';

/** What an event still has to do after it was stored. */
export interface Effect {
  readonly eventId: string;
  readonly kind: EffectKind;
  /** The id of the function concerned; empty for `resume` and `answer`. */
  readonly target: string;
  /** Runs and waits with a smaller id existed when the event was received. Effects are carried out in its order. */
  readonly beforeId: string;
}

/** The state of a throttle's bucket after the start of a run. */
export interface ThrottleUse {
  readonly key: string;
  /** When the bucket will have drained if nothing else is put in, in ms since 1970. */
  readonly drainedAtMs: number;
}

export interface StepChange {
  readonly run: Run;
  readonly step: Step;
  /** The arguments of the step; null leaves them as they are in the database. They are not kept in memory. */
  readonly input: JsonText | null;
}

/** What belongs together and is written in one transaction, or not at all. */
export interface Change {
  readonly events?: readonly StoredEvent[];
  readonly newRuns?: readonly NewRun[];
  readonly runs?: readonly Run[];
  readonly steps?: readonly StepChange[];
  readonly waits?: readonly Wait[];
  readonly doneWaits?: readonly WaitRef[];
  readonly throttles?: readonly ThrottleUse[];
  readonly effects?: readonly Effect[];
  readonly doneEffects?: readonly Effect[];
  readonly bulkCancellations?: readonly BulkCancellation[];
  readonly admission?: AdmissionChange;
  readonly metadata?: readonly StoredMetadata[];
}

export type Row = readonly unknown[];

export function eventRow(event: StoredEvent): Row {
  return [event.id, event.externalId, event.name, event.receivedAtMs, event.payload];
}

/** The values of `newRunColumns`. */
export function newRunValues(run: Run, boot: number): Row {
  return [
    run.id,
    run.functionId,
    run.functionVersion,
    run.eventId,
    run.job?.dueAtMs ?? null,
    boot,
    run.concurrency[0] ?? null,
    run.concurrency[1] ?? null,
    run.eventBytes,
    run.deadlineAtMs,
    run.throttleKey,
  ];
}

export function newRunRow({ run, idempotency }: NewRun, boot: number): Row {
  return [...newRunValues(run, boot), idempotency?.key ?? null, idempotency?.expiresAtMs ?? null];
}

export function runRow(run: Run, boot: number): Row {
  return [
    run.id,
    run.status,
    run.job?.dueAtMs ?? null,
    run.job?.attempt ?? 0,
    run.job?.generation ?? 0,
    boot,
    run.requestVersion,
    run.planned,
    run.stateBytes,
    run.output,
    run.error,
    run.endedAtMs,
    run.startedAtMs,
    run.deadlineAtMs,
    run.throttleKey,
    run.jobNumber,
    Object.keys(run.defers).length === 0 ? null : defersText(run.defers),
  ];
}

export function stepRow({ run, step, input }: StepChange, boot: number): Row {
  // Sleeping and waiting take no place in a concurrency limit: nothing is called.
  const concurrency = step.status === 'planned' ? run.concurrency : [];
  return [
    run.id,
    step.id,
    step.name,
    step.op,
    step.status,
    step.place,
    step.memo,
    step.error,
    step.race,
    step.attempts,
    step.job?.dueAtMs ?? null,
    step.job?.attempt ?? 0,
    step.job?.generation ?? 0,
    boot,
    concurrency[0] ?? null,
    concurrency[1] ?? null,
    step.createdAtMs,
    step.endedAtMs,
    step.job === null ? null : run.functionId,
    step.waitsFor === null ? null : canonicalJson(step.waitsFor),
    input,
    run.jobNumber,
  ];
}

export function throttleRow({ key, drainedAtMs }: ThrottleUse): Row {
  return [key, drainedAtMs];
}

export function effectRow(effect: Effect): Row {
  return [effect.eventId, effect.kind, effect.target, effect.beforeId];
}

export function bulkCancellationRow(cancellation: BulkCancellation): Row {
  const { id, functionId, createdAtMs, startedAfterMs, startedBeforeMs, expression } = cancellation;
  return [id, functionId, createdAtMs, startedAfterMs, startedBeforeMs, expression];
}

/** Opens a wait, or closes one: the last column says which. */
export function waitRow(wait: Wait): Row {
  const { match } = wait;
  return [
    wait.runId,
    wait.stepId,
    wait.kind,
    wait.name,
    wait.setId,
    match?.expression ?? null,
    match?.event ?? null,
    match?.key?.path ?? '',
    match?.key?.valueHash ?? '',
    wait.request,
    true,
  ];
}

export function doneWaitRow({ runId, stepId }: WaitRef): Row {
  return [runId, stepId, ...Array.from({ length: 8 }, () => null), false];
}

export function metadataRow(update: StoredMetadata): Row {
  const { runId, id, stepId, attempt, scope, kind, op, values } = update;
  return [runId, id, stepId, attempt, scope, kind, op, values];
}
