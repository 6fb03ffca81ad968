import type { NewEvent } from '../intake/plan.ts';
import type { StoredMetadata } from '../metadata/metadata.ts';
import { canonicalJson, type JsonText } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Wait, WaitRef, WaitsFor } from '../waits/wait.ts';
import { errorOf } from './memo.ts';
import type { Op } from './ops.ts';
import { isUnfinished, type Job, jobId, type Run, type Step } from './run.ts';

/**
 * The change of one run by one answer, checkpoint, wake-up or cancellation.
 *
 * The functions of this file change the run in memory and note here what has to be written and done. They are synchronous:
 * a transition is computed as a whole, then committed as a whole, and only then acted on.
 */
export interface Transition {
  readonly run: Run;
  readonly nowMs: number;
  readonly maxSteps: number;
  /** Steps whose rows have to be written. */
  readonly changedSteps: Set<Step>;
  /** Arguments of steps that came to be known. */
  readonly inputs: Map<Step, JsonText>;
  readonly metadata: StoredMetadata[];
  readonly openedWaits: Map<Step, Wait>;
  readonly closedWaits: Set<Step>;
  /** Waits of other runs that one of this run takes the place of. */
  readonly replacedWaits: WaitRef[];
  /** Functions that the run invokes, each by an event of its own. */
  readonly invocations: { readonly fn: RegisteredFunction; readonly event: NewEvent }[];
  /** Jobs that came into being or got a new time, to be scheduled once the transition is durable. */
  readonly jobs: Set<Job>;
  isRunChanged: boolean;
  hasEnded: boolean;
}

export function beginTransition(run: Run, nowMs: number, maxSteps: number): Transition {
  return {
    run,
    nowMs,
    maxSteps,
    changedSteps: new Set(),
    inputs: new Map(),
    metadata: [],
    openedWaits: new Map(),
    closedWaits: new Set(),
    replacedWaits: [],
    invocations: [],
    jobs: new Set(),
    isRunChanged: false,
    hasEnded: false,
  };
}

/** Keeps the result of a step. A step that is finished keeps its first result; the answer is false then. */
export function finishStep(
  transition: Transition,
  op: Op,
  result: { status: 'completed' | 'failed'; memo: JsonText; attempts: number },
): boolean {
  const { run, nowMs } = transition;
  const known = run.steps.get(op.id);
  if (known !== undefined && known.place !== null) return false;

  const step = known ?? addStep(transition, op, result.status);
  step.name = op.displayName || step.name;
  step.op = op.op;
  step.status = result.status;
  step.memo = result.memo;
  step.place = run.stack.length;
  step.error = result.status === 'failed' ? errorOf(result.memo) : null;
  step.attempts = result.attempts;
  step.job = null;
  step.endedAtMs = Math.max(step.createdAtMs, Math.min(op.endedAtMs ?? nowMs, nowMs));
  run.stack.push(op.id);
  run.stateBytes += Buffer.byteLength(result.memo);
  transition.changedSteps.add(step);
  keepMetadata(transition, op, result.attempts);
  closeWait(transition, step);
  failIfTooLarge(transition);
  return true;
}

function keepMetadata(transition: Transition, op: Op, attempts: number): void {
  const runId = transition.run.id;
  for (const { scope, ...update } of op.metadata) {
    const about =
      scope === 'run'
        ? { stepId: null, attempt: null }
        : { stepId: op.id, attempt: scope === 'step_attempt' ? attempts - 1 : null };
    transition.metadata.push({ id: newId(), runId, scope, ...about, ...update });
  }
}

/** How a step ends that the engine itself finishes. */
export interface Settlement {
  readonly status: 'completed' | 'failed';
  readonly memo: JsonText;
}

/** Finishes a step that is not the app's to run (a sleep, a wait, an invocation, a request) and continues the run. */
export function settleStep(transition: Transition, step: Step, { status, memo }: Settlement): void {
  const { run, nowMs } = transition;
  step.status = status;
  step.memo = memo;
  step.place = run.stack.length;
  step.error = status === 'failed' ? errorOf(memo) : null;
  step.job = null;
  step.endedAtMs = nowMs;
  run.stack.push(step.id);
  run.stateBytes += Buffer.byteLength(memo);
  transition.changedSteps.add(step);
  transition.isRunChanged = true;
  closeWait(transition, step);
  failIfTooLarge(transition);
  continueAfterSteps(transition, step.race);
}

/** Whether an op asks for something that has not been begun: an SDK may report a step again while it is queued. */
export function isNew(transition: Transition, op: Op): boolean {
  const known = transition.run.steps.get(op.id);
  return known === undefined || known.status === 'retrying';
}

/** Gives a step a job of its own. Does nothing if the step has been begun. */
export function startStep(
  transition: Transition,
  op: Op,
  start: {
    status: 'planned' | 'sleeping' | 'waiting';
    dueAtMs: number;
    waitsFor?: WaitsFor;
    wait?: Omit<Wait, 'runId' | 'stepId' | 'setId'>;
  },
): void {
  if (!isNew(transition, op)) return;

  const step = transition.run.steps.get(op.id) ?? addStep(transition, op, start.status);
  step.status = start.status;
  step.waitsFor = start.waitsFor ?? null;
  if (start.wait !== undefined) {
    const setId = newId();
    transition.openedWaits.set(step, { ...start.wait, runId: transition.run.id, stepId: step.id, setId });
  }
  const id = jobId(transition.run.id, { stepId: op.id });
  // A step that failed in a discovery call has used up attempts.
  const attempt = start.status === 'planned' ? step.attempts : 0;
  step.job = { id, stepId: op.id, dueAtMs: start.dueAtMs, attempt, generation: 0 };
  transition.changedSteps.add(step);
  transition.jobs.add(step.job);
  failIfTooLarge(transition);
}

/** Notes that a step failed in a discovery call which will be repeated. */
export function noteFailedStep(transition: Transition, op: Op, attempts: number): void {
  const step = transition.run.steps.get(op.id) ?? addStep(transition, op, 'retrying');
  step.error = op.error;
  step.attempts = attempts;
  transition.changedSteps.add(step);
  keepMetadata(transition, op, attempts);
}

/** Repeats a job at a later time. */
export function retryJob(transition: Transition, job: Job, delayMs: number): void {
  job.attempt += 1;
  job.dueAtMs = transition.nowMs + delayMs;
  touchJob(transition, job);
  transition.jobs.add(job);
}

/** A step was kept while the job is under way: what follows in the same call has all its attempts again. */
export function resetAttempts(transition: Transition, job: Job): void {
  if (job.attempt === 0) return;
  job.attempt = 0;
  touchJob(transition, job);
}

function touchJob(transition: Transition, job: Job): void {
  const step = job.stepId === null ? undefined : transition.run.steps.get(job.stepId);
  if (step !== undefined) transition.changedSteps.add(step);
  else transition.isRunChanged = true;
}

/**
 * After steps were finished: asks the function what comes next, unless the run has to wait for other steps.
 *
 * @param isRace a completion in race mode does not wait for the others
 */
export function continueAfterSteps(transition: Transition, isRace: boolean): void {
  const { run } = transition;
  if (transition.hasEnded) return;

  const hasOrderedSteps = run.requestVersion !== 1;
  const isWaiting = [...run.steps.values()].some((step) => isUnfinished(step) && !step.race);
  if (isWaiting && hasOrderedSteps && !isRace) return;

  if (!isWaiting && hasOrderedSteps && run.planned) {
    run.planned = false;
    transition.isRunChanged = true;
  }
  if (run.job === null) discover(transition);
  else run.rediscover = true;
}

/** Gives the run a new discovery job. The row of the run or of a step has to be written for that: the caller's to see to. */
export function discover(transition: Transition): void {
  const { run, nowMs } = transition;
  run.rediscover = false;
  run.jobNumber += 1;
  const id = jobId(run.id, { number: run.jobNumber });
  run.job = { id, stepId: null, dueAtMs: nowMs, attempt: 0, generation: 0 };
  transition.jobs.add(run.job);
}

/** Ends the run: its jobs are dropped, whatever they were waiting for. */
export function endRun(
  transition: Transition,
  end:
    | { status: 'completed'; output: JsonText }
    | { status: 'failed'; error: JsonText }
    | { status: 'cancelled' },
): void {
  const { run, nowMs } = transition;
  run.status = end.status;
  run.output = end.status === 'completed' ? end.output : null;
  run.error = end.status === 'failed' ? end.error : null;
  run.endedAtMs = nowMs;
  run.job = null;
  run.deadlineAtMs = null;
  for (const step of run.steps.values()) {
    if (step.place !== null || step.status === 'dropped') continue;
    step.status = 'dropped';
    step.job = null;
    step.endedAtMs = nowMs;
    transition.changedSteps.add(step);
    closeWait(transition, step);
  }
  transition.jobs.clear();
  transition.isRunChanged = true;
  transition.hasEnded = true;
}

/** Lets a step wait in vain from now on: it ends when its time is over. */
export function replaceWait(transition: Transition, { runId, stepId }: WaitRef): void {
  const step = runId === transition.run.id ? transition.run.steps.get(stepId) : undefined;
  if (step === undefined) transition.replacedWaits.push({ runId, stepId });
  else closeWait(transition, step);
}

/** Removes what a step waited for. An invocation has nothing to remove: the invoked run names the step. */
function closeWait(transition: Transition, step: Step): void {
  const isWait = step.waitsFor !== null && !('function' in step.waitsFor);
  if (isWait && !transition.openedWaits.delete(step)) transition.closedWaits.add(step);
}

function addStep(transition: Transition, op: Op, status: Step['status']): Step {
  const step: Step = {
    id: op.id,
    name: op.displayName || op.name || op.id,
    op: op.op,
    status,
    memo: null,
    place: null,
    error: null,
    race: op.opts.parallelMode === 'race',
    attempts: 0,
    job: null,
    createdAtMs: op.startedAtMs ?? transition.nowMs,
    endedAtMs: null,
    waitsFor: null,
  };
  const { input } = op.opts;
  if (input !== undefined && input !== null) transition.inputs.set(step, canonicalJson(input));
  transition.run.steps.set(op.id, step);
  return step;
}

function failIfTooLarge(transition: Transition): void {
  const { run, maxSteps } = transition;
  if (transition.hasEnded) return;
  if (run.steps.size > maxSteps) {
    endRun(transition, {
      status: 'failed',
      error: canonicalJson({
        name: 'InngestErrFunctionOverflowed',
        message: `The function run exceeded the step limit of ${maxSteps} steps.`,
      }),
    });
  } else if (run.stateBytes + run.eventBytes > limits.runStateBytes) {
    endRun(transition, {
      status: 'failed',
      error: canonicalJson({
        name: 'InngestErrStateOverflowed',
        message: `The function run exceeded the state size limit of ${limits.runStateBytes} bytes.`,
      }),
    });
  }
}
