import { isLazy } from '../defers/defers.ts';
import { limits } from '../protocol/limits.ts';
import { runCompleteId } from '../protocol/names.ts';
import { type AnswerContext, applyAnswer, applyCheckpoint } from '../runs/apply-answer.ts';
import type { Op } from '../runs/ops.ts';
import type { Job, Run } from '../runs/run.ts';
import type { Transition } from '../runs/transition.ts';

/** The version of the protocol that SDKs speak when the engine calls their endpoints. */
const calledVersion = 2;
const undecidedVersion = -1;

/*
 * A run of a durable endpoint is executed by the app until it reports something that needs the engine: a wait, several
 * steps at once, an error that is to be retried. From then on the engine calls the endpoint as it calls functions. Which of
 * the two holds stands in the run's version of the protocol: it is undecided as long as the engine has nothing to ask.
 */

export function isExecutedByApp(run: Run): boolean {
  return run.requestVersion === undecidedVersion;
}

/** The engine continues the run, whatever the app still does. */
export function takeOver(run: Run): void {
  if (isExecutedByApp(run)) run.requestVersion = calledVersion;
}

/** Applies what an app reports of a run that it executes. Results are kept; anything else hands the run over. */
export function applyReport(
  transition: Transition,
  job: Job,
  ops: readonly Op[],
  context: AnswerContext,
): void {
  if (ops.every((op) => op.op === 'StepRun' || isLazy(op))) {
    applyCheckpoint(transition, job, ops);
    extendSilence(transition, job);
    return;
  }
  applyAnswer(
    transition,
    job,
    {
      kind: 'ops',
      ops,
      requestVersion: calledVersion,
      retry: { noRetry: false, retryAfterMs: null },
    },
    context,
  );
  transition.isRunChanged = true;
}

/** Whether a report that comes too late is only the repetition of one that was taken. */
export function isKnown(run: Run, ops: readonly Op[]): boolean {
  const isEnd = (op: Op) => op.id === runCompleteId || op.op === 'DiscoveryRequest';
  return ops.every((op) => isEnd(op) || run.steps.has(op.id));
}

/** Written only now and then: an app may be silent for at least half of the time. */
function extendSilence(transition: Transition, job: Job): void {
  if (job.dueAtMs - transition.nowMs >= limits.silenceMs / 2) return;
  job.dueAtMs = transition.nowMs + limits.silenceMs;
  transition.isRunChanged = true;
}
