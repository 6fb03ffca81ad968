import { isEndpoint } from '../endpoints/endpoint-function.ts';
import { applyReport, isExecutedByApp, isKnown, takeOver } from '../endpoints/report.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { readRequest } from '../gateway/gateway-request.ts';
import { applyOutcome, isRequest } from '../gateway/gateway-step.ts';
import { newId } from '../protocol/ids.ts';
import type { Attendance, KnownApp } from '../registry/attendance.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import { type AnswerContext, applyAnswer, applyCheckpoint } from '../runs/apply-answer.ts';
import type { RetryPolicy } from '../runs/backoff.ts';
import type { Op } from '../runs/ops.ts';
import { findJob, type Job, type Run, type Step } from '../runs/run.ts';
import { endRun, type Settlement, settleStep } from '../runs/transition.ts';
import type { Outcome } from '../scheduler/scheduler.ts';
import type { ThrottlePlace } from '../scheduler/throttles.ts';
import type { Database } from '../store/database.ts';
import type { DueJob } from '../store/due.ts';
import { findRequest, isEventOnItsWay } from '../store/waits.ts';
import { noSignalOwners, type SignalOwners, type Signals, signalsOf } from '../waits/signals.ts';
import { outcomeOfTime } from '../waits/time-out.ts';
import { isEventWait, type WaitRef } from '../waits/wait.ts';
import { type Answer, failedAttempt, interpretAnswer } from './answer.ts';
import { AppAway, type Caller, CallFailed } from './call.ts';
import { Committer, type CommitterOptions } from './committer.ts';
import { toDueJob } from './due-job.ts';

export interface ExecutorOptions extends CommitterOptions {
  readonly attendance: Attendance;
  readonly caller: Caller;
  readonly gateway: Gateway;
  readonly database: Database;
  readonly signals: Signals;
  readonly policy: RetryPolicy;
  /** Whether this engine, and no other, works on the database. No call is made without. */
  isInCharge(): boolean;
  /** Whether there may be events that have been received and have not resumed the steps that wait for them. */
  mayEventsResume(): boolean;
  /** A run has jobs that follow from something else than a job. */
  onJobs(jobs: readonly DueJob[]): void;
  /** A run has to end by then. */
  onDeadline(deadlineAtMs: number): void;
}

/** Says where a checkpoint comes from: a call counts only while it is the newest of its job. */
export interface CheckpointSource {
  readonly runId: string;
  readonly functionId: string;
  readonly jobId: string;
  /** Null from SDKs that do not tell it: all calls of the job count then. */
  readonly generation: number | null;
}

const chargePollMs = 100;

/** How long the end of a wait is put off at most by events that were received before. */
const lateEventMs = 10_000;
const lateEventPollMs = 50;

/** Does jobs: calls the app, turns its answer into a transition of the run, and makes that durable. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #committer: Committer;
  /** Jobs whose call is under way, by job id. */
  readonly #calls = new Map<string, Job>();
  #isStopped = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#committer = new Committer(options);
  }

  get #registry(): Registry {
    return this.#options.audience.registry;
  }

  /** What a call answers from now on is not acted on. It will be made again after a restart. */
  stop(): void {
    this.#isStopped = true;
    this.#committer.stop();
  }

  /**
   * Does a job. Jobs that are gone or not due are left alone.
   *
   * @param throttle the place of its throttle that the start of the run takes
   */
  async perform(due: DueJob, throttle: ThrottlePlace | null): Promise<Outcome> {
    try {
      const appId = this.#registry.find(due.functionId)?.appId ?? '';
      const outcome = await this.#options.runs.admit(due.runId, { appId, bytes: due.bytes }, (run) =>
        this.#perform(run, due.stepId, throttle),
      );
      return outcome ?? notCalled([]);
    } catch (error) {
      if (!this.#isStopped) this.#options.logger.error({ err: error, runId: due.runId }, 'Cannot do a job');
      return notCalled([]);
    }
  }

  /**
   * Keeps steps that an app reports while its call goes on.
   *
   * @returns `outdated` when another call was made for the job, or the run had ended; `over` when the run has failed now,
   *   because it has too many steps or they are too large
   */
  async checkpoint(source: CheckpointSource, ops: readonly Op[]): Promise<'kept' | 'outdated' | 'over'> {
    const kept = await this.#options.runs.use(source.runId, async (run) => {
      const job = this.#calls.get(source.jobId);
      const isCurrent =
        job !== undefined &&
        (source.generation === null || job.generation === source.generation) &&
        findJob(run, job.stepId) === job;
      if (!isCurrent || run.functionId !== source.functionId || this.#isStopped) return 'outdated';

      const transition = this.#committer.begin(run);
      applyCheckpoint(transition, job, ops);
      this.#options.runs.noteGrowth(run);
      await this.#committer.commit(transition);
      return transition.hasEnded ? 'over' : 'kept';
    });
    return kept ?? 'outdated';
  }

  /**
   * Takes what an app reports of a run that it executes by itself, until it hands over to the engine (a durable endpoint).
   *
   * @returns false when the run is unknown, has ended or was taken over; a report that is repeated is none of that
   */
  async report(runId: string, functionId: string, ops: readonly Op[]): Promise<boolean> {
    const isTaken = await this.#options.runs.use(runId, (run) =>
      this.#withSignals(ops, (owners) => this.#report(run, functionId, ops, owners)),
    );
    return isTaken ?? false;
  }

  async #report(
    run: Run,
    functionId: string,
    ops: readonly Op[],
    signalOwners: SignalOwners,
  ): Promise<boolean> {
    const fn = this.#registry.find(run.functionId);
    if (fn === undefined || fn.id !== functionId || this.#isStopped) return false;
    if (run.status !== 'running' || run.job === null || !isExecutedByApp(run)) return isKnown(run, ops);

    const transition = this.#committer.begin(run);
    applyReport(transition, run.job, ops, this.#answerContext(fn, signalOwners));
    this.#options.onJobs(await this.#committer.commit(transition));
    return true;
  }

  /** Ends a run that is under way. A call of it goes on; its answer is ignored. */
  async cancel(runId: string): Promise<void> {
    await this.#options.runs.change(runId, async (run) => {
      if (run.status !== 'running') return;
      const transition = this.#committer.begin(run);
      endRun(transition, { status: 'cancelled' });
      await this.#committer.commit(transition);
    });
  }

  /**
   * Finishes a step that waits, unless it has been finished by another event, or its time was over before.
   *
   * @param receivedAtMs when what it waited for was received. A step whose time is over waits on while its app is away or busy.
   * @returns whether the step is finished by this
   */
  async settle(wait: WaitRef, settlement: Settlement, receivedAtMs: number): Promise<boolean> {
    const isSettled = await this.#options.runs.change(wait.runId, async (run) => {
      const step = run.steps.get(wait.stepId);
      if (run.status !== 'running' || step?.status !== 'waiting') return false;
      if (step.job !== null && step.job.dueAtMs < receivedAtMs) return false;
      const transition = this.#committer.begin(run);
      settleStep(transition, step, settlement);
      this.#options.onJobs(await this.#committer.commit(transition));
      return true;
    });
    return isSettled ?? false;
  }

  /** Cancels a run whose time to start or to end is over. */
  async timeOut(runId: string): Promise<void> {
    await this.#options.runs.change(runId, async (run) => {
      if (run.status !== 'running' || run.deadlineAtMs === null || run.deadlineAtMs > Date.now()) return;
      const transition = this.#committer.begin(run);
      endRun(transition, { status: 'cancelled' });
      await this.#committer.commit(transition);
    });
  }

  async #perform(run: Run, stepId: string | null, throttle: ThrottlePlace | null): Promise<Outcome> {
    if (!this.#options.isInCharge()) await this.#untilInCharge();
    const job = findJob(run, stepId);
    if (run.status !== 'running' || job === undefined || this.#isStopped) return notCalled([]);
    if (job.dueAtMs > Date.now()) return notCalled([toDueJob(run, job)]);

    const step = stepId === null ? undefined : run.steps.get(stepId);
    const fn = this.#registry.find(run.functionId);
    if (fn === undefined) throw new Error(`Cannot continue run "${run.id}": its function is unknown`);
    if (step?.status === 'sleeping' || step?.status === 'waiting') {
      await this.#untilEventsHaveCome(step, job);
      if (this.#isStopped || findJob(run, stepId) !== job) return notCalled([]);
      const transition = this.#committer.begin(run);
      settleStep(transition, step, outcomeOfTime(step));
      return notCalled(await this.#committer.commit(transition));
    }
    if (run.startedAtMs === null) await this.#storeStart(fn, run, throttle);
    // The run may have ended meanwhile.
    if (this.#isStopped || findJob(run, stepId) !== job) return notCalled([]);

    if (isRequest(step)) return notCalled(await this.#request(fn, run, job, step));

    const startedAt = performance.now();
    const answer = await this.#call(fn, run, job);
    if (answer === null) return { next: [toDueJob(run, job)], app: 'away' };
    this.#options.metrics.attemptMade({
      durationMs: performance.now() - startedAt,
      isFailed: isFailure(answer),
    });

    const ops = answer.kind === 'ops' ? answer.ops : [];
    const next = await this.#withSignals(ops, (owners) => this.#apply(fn, run, job, answer, owners));
    return { next, app: 'answered' };
  }

  /** An event that was received in time ends a wait also if it is carried out late, as after a restart. */
  async #untilEventsHaveCome(step: Step, job: Job): Promise<void> {
    const { database, mayEventsResume } = this.#options;
    const deadlineMs = Date.now() + lateEventMs;
    while (isEventWait(step) && mayEventsResume() && Date.now() < deadlineMs && !this.#isStopped) {
      if (!(await isEventOnItsWay(database, step.waitsFor.event, job.dueAtMs))) return;
      await new Promise((resolve) => setTimeout(resolve, lateEventPollMs));
    }
  }

  /** Does work while it stays the same who owns the signals that operations wait for. */
  async #withSignals<T>(ops: readonly Op[], work: (owners: SignalOwners) => Promise<T>): Promise<T> {
    const names = signalsOf(ops);
    if (names.length === 0) return await work(noSignalOwners);
    const { signals } = this.#options;
    return await signals.hold(names, async () => work(await signals.ownersOf(names)));
  }

  /** Makes the request of a step. */
  async #request(fn: RegisteredFunction, run: Run, job: Job, step: Step): Promise<readonly DueJob[]> {
    const { database, gateway, policy } = this.#options;
    const request = await findRequest(database, { runId: run.id, stepId: step.id });
    if (request === undefined)
      throw new Error(`Cannot make the request of step "${step.name}": it is unknown`);
    const outcome = await gateway.send(readRequest(request));
    if (this.#isStopped || findJob(run, job.stepId) !== job) return [];

    const transition = this.#committer.begin(run);
    applyOutcome(transition, job, step, outcome, { maxAttempts: fn.config.retries + 1, policy });
    return await this.#committer.commit(transition);
  }

  async #apply(
    fn: RegisteredFunction,
    run: Run,
    job: Job,
    answer: Answer,
    signalOwners: SignalOwners,
  ): Promise<readonly DueJob[]> {
    // The run may have ended while the app was busy with it.
    if (this.#isStopped || findJob(run, job.stepId) !== job) return [];

    const transition = this.#committer.begin(run);
    try {
      applyAnswer(transition, job, answer, this.#answerContext(fn, signalOwners));
    } catch (error) {
      // The app would answer the same again.
      await this.#committer.abandon(run, error);
      return [];
    }
    return await this.#committer.commit(transition);
  }

  #answerContext(fn: RegisteredFunction, signalOwners: SignalOwners): AnswerContext {
    return {
      maxAttempts: fn.config.retries + 1,
      policy: this.#options.policy,
      fn,
      signalOwners,
      findFunction: (name) => this.#registry.findByName(name),
    };
  }

  /** If another engine took over, what is in memory here may be outdated, and this engine is about to be stopped. */
  async #untilInCharge(): Promise<void> {
    while (!this.#options.isInCharge() && !this.#isStopped)
      await new Promise((resolve) => setTimeout(resolve, chargePollMs));
  }

  /** Keeps that a run is called for the first time, if it has to end in time or its throttle has to know. */
  async #storeStart(fn: RegisteredFunction, run: Run, throttle: ThrottlePlace | null): Promise<void> {
    const { startMs, finishMs } = fn.config.timeouts;
    const isTimed = startMs !== null || finishMs !== null;
    const isThrottled = throttle !== null && run.throttleKey !== null;
    if (!isTimed && !isThrottled) return;
    const transition = this.#committer.begin(run);
    if (isTimed) {
      run.startedAtMs = transition.nowMs;
      run.deadlineAtMs = finishMs === null ? null : transition.nowMs + finishMs;
    }
    run.throttleKey = null;
    transition.isRunChanged = true;
    await this.#committer.commit(transition, isThrottled ? throttle.take() : null);
    if (run.deadlineAtMs !== null) this.#options.onDeadline(run.deadlineAtMs);
  }

  /** Null when the app is away. */
  async #call(fn: RegisteredFunction, run: Run, job: Job): Promise<Answer | null> {
    const { attendance, caller } = this.#options;
    const calledAtMs = performance.now();
    job.generation += 1;
    const isFirst = run.startedAtMs === null;
    run.startedAtMs ??= Date.now();
    if (isEndpoint(fn)) takeOver(run);
    this.#calls.set(job.id, job);
    try {
      const answer = interpretAnswer(await caller.call(fn, run, job, newId()), Date.now());
      attendance.answered(appOf(fn), calledAtMs);
      return answer;
    } catch (error) {
      if (error instanceof AppAway) {
        // Clients choose where an endpoint is. Nobody may ever be there, and others do not have to wait for it.
        if (isEndpoint(fn)) return failedAttempt(error.name, error.message);
        // A call that reached nobody starts nothing.
        if (isFirst) run.startedAtMs = null;
        attendance.calledInVain(appOf(fn), error.message);
        return null;
      }
      if (error instanceof CallFailed) return failedAttempt(error.name, error.message);
      const reason = error instanceof Error ? error.message : String(error);
      return failedAttempt('UnreadableAnswer', `Cannot read the app's answer: ${reason}`);
    } finally {
      this.#calls.delete(job.id);
    }
  }
}

function appOf(fn: RegisteredFunction): KnownApp {
  return { name: fn.appName, url: fn.config.url };
}

function isFailure(answer: Answer): boolean {
  if (answer.kind === 'ops') return answer.ops.some(({ op }) => op === 'StepError' || op === 'StepFailed');
  return answer.kind === 'threw';
}

function notCalled(next: readonly DueJob[]): Outcome {
  return { next, app: 'not called' };
}
