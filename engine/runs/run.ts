import type { Defers } from '../defers/defers.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import type { WaitsFor } from '../waits/wait.ts';

export const runStatuses = ['running', 'completed', 'failed', 'cancelled', 'skipped'] as const;
export type RunStatus = (typeof runStatuses)[number];

/**
 * `waiting` steps are finished by an event, a signal or another run, or when their job is due: then their time is over.
 * `retrying` steps failed inside a discovery call that will be repeated; they have no job of their own. `dropped` steps were
 * not finished when the run ended.
 */
export const stepStatuses = [
  'planned',
  'sleeping',
  'waiting',
  'retrying',
  'completed',
  'failed',
  'dropped',
] as const;
export type StepStatus = (typeof stepStatuses)[number];

/** One thing to do for a run, repeated until it succeeds or has used up its attempts. */
export interface Job {
  /** Stays the same over the retries of the job. */
  readonly id: string;
  /** The step to run or to wake; null asks the function what comes next (discovery). */
  readonly stepId: string | null;
  dueAtMs: number;
  /** Failed attempts so far. */
  attempt: number;
  /** Dispatches so far, in this and earlier lives of the engine. A greater number outdates all smaller ones. */
  generation: number;
}

export interface Step {
  readonly id: string;
  name: string;
  op: string;
  status: StepStatus;
  /** What later calls are told about the step; null until it is finished. */
  memo: JsonText | null;
  /** Place in the order of completion; null until it is finished. */
  place: number | null;
  /** The last error of a step that is not finished, for people. */
  error: JsonText | null;
  /** Its completion asks for a discovery call although other steps are pending. */
  race: boolean;
  /** Times the step was tried, the running try not counted. */
  attempts: number;
  /** What a step waits or waited for; null for a step that the app runs, and for a sleep. */
  waitsFor: WaitsFor | null;
  /** Set while the step is `planned`, `sleeping` or `waiting`. */
  job: Job | null;
  readonly createdAtMs: number;
  endedAtMs: number | null;
}

/** A run with all its state, as it stands in memory while something is done for it. */
export interface Run {
  readonly id: string;
  readonly functionId: string;
  readonly functionVersion: number;
  readonly eventId: string;
  /** The triggering event as functions see it. */
  readonly event: JsonText;
  /** The size of the events, of all of them in a batch. */
  readonly eventBytes: number;
  /** The events of a batch, the first included; null for a run of one event. */
  readonly batch: { readonly eventIds: readonly string[]; readonly events: readonly JsonText[] } | null;
  /** The counters of which each call of this run takes one place. At most two. */
  readonly concurrency: readonly string[];
  readonly steps: Map<string, Step>;
  /** Ids of finished steps in the order of completion. */
  readonly stack: string[];
  stateBytes: number;
  /** What the run's row says that they are. */
  notedStateBytes: number;
  status: RunStatus;
  /** The discovery job; null while the run only waits for its steps. */
  job: Job | null;
  /** Discovery jobs before the newest one. */
  jobNumber: number;
  /** What the SDK answered in `x-inngest-req-version`; -1 until then. */
  requestVersion: number;
  /** Steps are to be reported as planned, not run at once (`disable_immediate_execution`). */
  planned: boolean;
  /** Something finished during a discovery call that could not know it: another one has to follow. */
  rediscover: boolean;
  /** Functions to be started when the run ends. */
  defers: Defers;
  output: JsonText | null;
  error: JsonText | null;
  endedAtMs: number | null;
  /** When a call reached the app for the first time, or was tried to if the run's time is limited; null until then. */
  startedAtMs: number | null;
  /** When the run is cancelled because it has not started, or not ended, by then; null without such a limit. */
  deadlineAtMs: number | null;
  /** The throttle that its start has to pass; null when it has, or when there is none. */
  throttleKey: string | null;
}

/** The name of a job in logs and maps: unique among the jobs that exist at one time. */
export function jobKey(runId: string, stepId: string | null): string {
  return stepId === null ? runId : `${runId}/${stepId}`;
}

/** The id of a run's discovery job, or of a step's one job. Made of what is stored, it is the same whoever reads the run. */
export function jobId(runId: string, job: { readonly stepId: string } | { readonly number: number }): string {
  return `${runId}.${'stepId' in job ? job.stepId : job.number}`;
}

/** The job of a run's step, or its discovery job. Undefined when it is gone. */
export function findJob(run: Run, stepId: string | null): Job | undefined {
  return (stepId === null ? run.job : run.steps.get(stepId)?.job) ?? undefined;
}

/** Whether the step still has a job of its own, which the run may have to wait for. */
export function isUnfinished(step: Step): boolean {
  return step.status === 'planned' || step.status === 'sleeping' || step.status === 'waiting';
}
