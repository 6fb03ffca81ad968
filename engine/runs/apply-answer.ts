import { abortDefer, addDefer, isLazy } from '../defers/defers.ts';
import type { Answer } from '../executor/answer.ts';
import { startRequest } from '../gateway/gateway-step.ts';
import { isJsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { runCompleteId } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { invokeFunction } from '../waits/invoke.ts';
import { type SignalOwners, waitForSignal } from '../waits/signals.ts';
import { waitForEvent } from '../waits/wait-for-event.ts';
import { readWaitTime } from '../waits/wait-time.ts';
import { type RetryPolicy, retryDelayMs } from './backoff.ts';
import { dataMemo, errorMemo } from './memo.ts';
import { errorText, type Op } from './ops.ts';
import { isUnfinished, type Job, type Run } from './run.ts';
import {
  continueAfterSteps,
  discover,
  endRun,
  finishStep,
  noteFailedStep,
  resetAttempts,
  retryJob,
  startStep,
  type Transition,
} from './transition.ts';

/*
 * What a run does with the answer to a call.
 *
 *                     ┌────────────────────── retry (failed attempt, attempts left) ─────────────────────┐
 *                     ▼                                                                                  │
 *   event ──▶ discovery job ──call──▶ answer ──┬─ StepRun, StepFailed ── memo ──┬─ nothing pending ──▶ discovery job (new)
 *                     ▲                        │                                └─ steps pending ──▶ wait for them
 *                     │                        ├─ StepPlanned ──▶ step job ──call──▶ answer (same rules)
 *                     │                        ├─ Sleep ──▶ step job ──time──▶ memo ────────────────────────────────────┐
 *                     │                        ├─ WaitForEvent, WaitForSignal ──▶ step job ──it comes, or time──▶ memo ─┤
 *                     │                        ├─ InvokeFunction ──▶ step job ──end of that run, or time──▶ memo ───────┤
 *                     │                        ├─ Gateway, AIGateway ──▶ step job ──request by the engine──▶ memo ──────┤
 *                     └──── last pending step done ◀─────────────────────────────────────────────────────────────────────┘
 *                                              ├─ StepError ──▶ retry of the same job, or as StepFailed
 *                                              ├─ returned, RunComplete ──▶ completed
 *                                              └─ threw, no attempts left ──▶ failed
 *
 * DeferAdd and DeferAbort only note something for the end of the run; they neither wait nor count as steps.
 *
 * A run has at most one discovery job. More than one op in an answer switches the run to planned mode until none of them is
 * pending any more. In race mode, and with version 1 of the protocol, every completion asks for discovery at once; the losers
 * of a race hold up nothing.
 */

/** What an answer is applied with, besides the run itself. */
export interface AnswerContext {
  readonly maxAttempts: number;
  readonly policy: RetryPolicy;
  readonly fn: RegisteredFunction;
  readonly signalOwners: SignalOwners;
  /** Finds a function by its slug or our id. */
  findFunction(name: string): RegisteredFunction | undefined;
}

/** Applies the answer to the call of a job. The job must still be one of the run. */
export function applyAnswer(transition: Transition, job: Job, answer: Answer, context: AnswerContext): void {
  if (answer.kind === 'returned') endRun(transition, { status: 'completed', output: answer.output });
  else if (answer.kind === 'threw') failAttempt(transition, job, answer, context);
  else applyOps(transition, job, answer, context);
}

/** Applies steps that an app reports while its call goes on. They may only be results and notes. */
export function applyCheckpoint(transition: Transition, job: Job, ops: readonly Op[]): void {
  for (const op of ops) {
    if (op.op === 'DeferAdd') addDefer(transition, op);
    if (op.op === 'DeferAbort') abortDefer(transition, op);
    if (op.op !== 'StepRun') continue;
    finishStep(transition, op, { status: 'completed', memo: dataMemo(op.data), attempts: job.attempt + 1 });
    if (transition.hasEnded) return;
    resetAttempts(transition, job);
  }
}

/** The function threw, and the SDK had something to report beside. Newer SDKs have an op of its own for that. */
function isThrown(op: Op): boolean {
  return op.op === 'RunError' || (op.id === runCompleteId && op.op !== 'RunComplete');
}

function isFinalError(op: Op): boolean {
  const error: unknown = JSON.parse(op.error);
  return op.op === 'StepFailed' || (isJsonObject(error) && error.noRetry === true);
}

type OpsAnswer = Extract<Answer, { kind: 'ops' }>;

function applyOps(transition: Transition, job: Job, answer: OpsAnswer, context: AnswerContext): void {
  const { run } = transition;
  const ops = inOrder(answer.ops);
  if (run.requestVersion === -1 && answer.requestVersion !== null) run.requestVersion = answer.requestVersion;

  const thrown = ops.find(isThrown);
  const problem = thrown ? thrown.error : whyUnusable(run, job, ops);
  if (problem !== null) {
    const isFinal = answer.retry.noRetry || (thrown !== undefined && isFinalError(thrown));
    const retryAfterMs = ops.length === 0 ? emptyAnswerDelayMs : answer.retry.retryAfterMs;
    const retry = { noRetry: isFinal, retryAfterMs };
    // Results and lazy ops that came beside the error are kept.
    if (thrown !== undefined) applyCheckpoint(transition, job, ops);
    if (transition.hasEnded) return;
    failAttempt(transition, job, { error: problem, retry }, context);
    return;
  }

  if (ops.filter((op) => !isLazy(op)).length > 1 && !run.planned) {
    run.planned = true;
    transition.isRunChanged = true;
  }
  for (const op of ops) {
    applyOp(transition, job, op, answer, context);
    if (transition.hasEnded) return;
  }
  const isRetried = transition.jobs.has(job);
  if (!isRetried) continueRun(transition, job, ops);
}

/** The call is done with: what does the run need next? */
function continueRun(transition: Transition, job: Job, ops: readonly Op[]): void {
  const { run } = transition;
  const isDiscovery = job.stepId === null;
  const hasFinishedStep = ops.some(
    (op) => finishingOps.includes(op.op) || (op.op === 'InvokeFunction' && isFinished(run, op)),
  );
  const isRace = hasFinishedStep && ops.some((op) => run.steps.get(op.id)?.race);
  if (!isDiscovery) {
    if (hasFinishedStep) continueAfterSteps(transition, isRace);
    transition.isRunChanged ||= run.job !== null;
    return;
  }

  run.job = null;
  // Without news the function would only say again what it waits for.
  const hasNews = hasFinishedStep || ![...run.steps.values()].some(isUnfinished);
  if (run.rediscover) discover(transition);
  else if (hasNews) continueAfterSteps(transition, isRace);
  // An app that has nothing to say but that it wants to be asked again must not keep the engine busy.
  if (job.generation > 0 && ops.every(({ op }) => op === 'DiscoveryRequest'))
    putOff(transition, emptyAnswerDelayMs);
  // A fresh discovery job after a fresh one looks the same in the database: due, and never tried. A step's row has its number.
  const isNoted = transition.changedSteps.size > 0;
  if (run.job === null || job.attempt > 0 || !isNoted) transition.isRunChanged = true;
}

function putOff(transition: Transition, delayMs: number): void {
  const { job } = transition.run;
  if (job === null) return;
  job.dueAtMs += delayMs;
  transition.isRunChanged = true;
}

const finishingOps: readonly Op['op'][] = ['StepRun', 'StepFailed', 'StepError'];

function isFinished(run: Run, op: Op): boolean {
  return run.steps.get(op.id)?.place !== null;
}

/** Waits are set before anything else happens, such as a sibling that invokes what they wait for; lazy ones before an end. */
function inOrder(ops: readonly Op[]): readonly Op[] {
  const isFirst = (op: Op) => op.op === 'WaitForEvent' || isLazy(op);
  return ops.length < 2 ? ops : [...ops.filter(isFirst), ...ops.filter((op) => !isFirst(op))];
}

function applyOp(transition: Transition, job: Job, op: Op, answer: OpsAnswer, context: AnswerContext): void {
  const { nowMs } = transition;
  const { noRetry, retryAfterMs } = answer.retry;
  const attemptsMade = job.attempt + 1;
  switch (op.op) {
    case 'StepRun':
      finishStep(transition, op, { status: 'completed', memo: dataMemo(op.data), attempts: attemptsMade });
      break;
    case 'StepError':
      if (!noRetry && attemptsMade < context.maxAttempts) {
        noteFailedStep(transition, op, attemptsMade);
        retryJob(transition, job, retryDelayMs(context.policy, job.attempt, retryAfterMs));
      } else {
        finishStep(transition, op, { status: 'failed', memo: errorMemo(op.error), attempts: attemptsMade });
      }
      break;
    case 'StepFailed':
      finishStep(transition, op, { status: 'failed', memo: errorMemo(op.error), attempts: attemptsMade });
      break;
    case 'StepPlanned':
      startStep(transition, op, { status: 'planned', dueAtMs: nowMs });
      break;
    case 'Sleep':
      sleep(transition, op);
      break;
    case 'WaitForEvent':
      waitForEvent(transition, op);
      break;
    case 'InvokeFunction':
      invokeFunction(transition, op, context);
      break;
    case 'WaitForSignal':
      waitForSignal(transition, op, context.signalOwners);
      break;
    case 'Gateway':
    case 'AIGateway':
      startRequest(transition, op);
      break;
    case 'RunError':
      break;
    case 'RunComplete':
      endRun(transition, { status: 'completed', output: op.data });
      break;
    case 'DiscoveryRequest':
      break;
    case 'DeferAdd':
      addDefer(transition, op);
      break;
    case 'DeferAbort':
      abortDefer(transition, op);
      break;
    default:
      op.op satisfies never;
  }
}

function sleep(transition: Transition, op: Op): void {
  const until = typeof op.opts.duration === 'string' ? op.opts.duration : op.name;
  const time = readWaitTime(until, 'sleep', transition.nowMs, limits.waitMs);
  if ('error' in time) endRun(transition, { status: 'failed', error: time.error });
  else startStep(transition, op, { status: 'sleeping', dueAtMs: transition.nowMs + time.waitMs });
}

function failAttempt(
  transition: Transition,
  job: Job,
  failure: Pick<Extract<Answer, { kind: 'threw' }>, 'error' | 'retry'>,
  context: Pick<AnswerContext, 'maxAttempts' | 'policy'>,
): void {
  const { run } = transition;
  const { noRetry, retryAfterMs } = failure.retry;
  if (noRetry || job.attempt + 1 >= context.maxAttempts) {
    endRun(transition, { status: 'failed', error: failure.error });
    return;
  }

  const step = job.stepId === null ? undefined : run.steps.get(job.stepId);
  if (step === undefined) {
    run.error = failure.error;
  } else {
    step.error = failure.error;
    step.attempts = job.attempt + 1;
  }
  retryJob(transition, job, retryDelayMs(context.policy, job.attempt, retryAfterMs));
}

/** The protocol says to ask again; a function that never has an answer must not keep the engine busy for ever. */
const emptyAnswerDelayMs = 1_000;

/** Says why the operations lead nowhere, as the error of a failed attempt. Null if they are fine. */
function whyUnusable(run: Run, job: Job, ops: readonly Op[]): JsonText | null {
  if (job.stepId !== null) {
    const isResult = (op: Op) => op.id === job.stepId && finishingOps.includes(op.op);
    const isAnswered = ops.some((op) => isResult(op) || isEnd(op));
    const message = 'Cannot finish the step: the app was asked to run it and answered without its result';
    return isAnswered ? null : errorText({ name: 'StepNotAnswered', message });
  }
  const isWaiting = run.rediscover || [...run.steps.values()].some((step) => step.job !== null);
  const message = 'Cannot continue the run: the app answered with no operations, and no step is pending';
  return ops.length > 0 || isWaiting ? null : errorText({ name: 'EmptyAnswer', message });
}

function isEnd(op: Op): boolean {
  return op.op === 'RunComplete';
}
