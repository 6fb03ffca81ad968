import type { InngestFunction } from 'inngest';
import type { Step } from './client.ts';
import type { AnyEvent, EventData } from './define-event.ts';
import type { ErrorFacts } from './error-facts.ts';
import type { Log } from './log.ts';
import type { EndedRun } from './run-middleware.ts';

/** What starts a job: an event, or a schedule of five cron fields in UTC. */
export type JobTrigger = AnyEvent | { readonly cron: string };

/** What a job works on: the event's payload, or the schedule that fired. */
export type JobData<On extends JobTrigger> = On extends AnyEvent ? EventData<On> : { readonly cron: string };

/** What a run leaves behind: counts and ids, never content, for results are serialised and kept. */
export type JobResult = Readonly<Record<string, string | number | boolean | null>> | undefined;

/** What a job's handler is given. */
export interface JobContext<Data> {
  readonly event: { readonly id: string; readonly name: string; readonly data: Data };
  /** Inngest's own step tools. */
  readonly step: Step;
  /** Writes with the run's ids; silent while memoised steps are replayed. */
  readonly log: Log;
  /** The present attempt, from 0; each step counts anew. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly runId: string;
}

/** What a job's failure handler is given. */
export interface FailureContext<Data> {
  /** The payload of the event whose run failed. */
  readonly data: Data;
  readonly event: { readonly id: string; readonly name: string; readonly data: Data };
  /** Why; decide by `code`, the rest is for people. */
  readonly error: ErrorFacts;
  /** The run that failed. */
  readonly runId: string;
  readonly step: Step;
  readonly log: Log;
}

export interface JobOptions<On extends JobTrigger> {
  /** Kebab-case and stable: the engine knows a job and its unfinished runs by it. */
  readonly id: string;
  readonly on: On;
  /** How often each step, and the code between two steps, is tried again. */
  readonly retries: NonNullable<InngestFunction.Options['retries']>;
  /** How many steps of this job may run at once, in all or per value of a key. */
  readonly concurrency?:
    | number
    | ConcurrencyLimit<JobData<On>>
    | readonly [ConcurrencyLimit<JobData<On>>, ConcurrencyLimit<JobData<On>>];
  /** Events that cancel a run when the named field has the same value in both payloads. */
  readonly cancelOn?: ReadonlyArray<CancelRule<JobData<On>>>;
  /** The thing that a run works on, for the logs. */
  readonly resource?: (data: JobData<On>) => { readonly type: string; readonly id: string };
  /** Runs, with steps and retries of its own, after a run has failed for good. Not after a cancellation. */
  readonly onFailure?: (context: FailureContext<JobData<On>>) => Promise<void>;
  /**
   * Called when a run has ended well or failed for good, just before the engine knows; not when it was cancelled, or refused
   * for its payload. More than once for a run when the engine did not hear: note it by the run's id. A throw after a success
   * repeats the end while attempts remain; otherwise it is only logged.
   */
  readonly onEnd?: (run: EndedRun & { readonly data: JobData<On> }) => Promise<void>;
}

export interface ConcurrencyLimit<Data> {
  readonly limit: number;
  /** A field of the payload, each value of which has its own limit, or a constant in double quotes. */
  readonly key?: `event.data.${keyof Data & string}` | `"${string}"`;
  readonly scope?: 'fn' | 'env' | 'account';
}

export interface CancelRule<Data> {
  readonly event: AnyEvent;
  readonly match: `data.${keyof Data & string}`;
}

/** A job as hosts mount it: its Inngest functions, the failure handler among them. */
export interface Job {
  readonly id: string;
  readonly functions: readonly InngestFunction.Any[];
}
