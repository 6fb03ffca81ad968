import type { DueJob } from '../store/due.ts';
import { Counters, type LimitOf } from './counters.ts';
import { type ThrottleOf, type ThrottlePlace, Throttles } from './throttles.ts';

/** The gates of a job: the counters of its concurrency limits and, for the start of a run, its throttle. */
export function gatesOf(job: DueJob): readonly string[] {
  return job.throttleKey === null ? job.concurrency : [...job.concurrency, job.throttleKey];
}

/** What jobs have to pass before their call. A job takes a place of each of its gates or of none. */
export class Gates {
  readonly #counters: Counters;
  readonly #throttles: Throttles;

  constructor(options: { limitOf: LimitOf; throttleOf: ThrottleOf }) {
    this.#counters = new Counters(options.limitOf);
    this.#throttles = new Throttles(options.throttleOf);
  }

  isOpenFor(job: DueJob, gate: string): boolean {
    return job.throttleKey === gate
      ? this.#throttles.opensAtMs(job, gate) <= Date.now()
      : this.#counters.hasPlace(job, gate);
  }

  /** Takes a place of each gate of the job; all must be open. The place of its throttle is only kept free for it. */
  enter(job: DueJob): ThrottlePlace | null {
    this.#counters.enter(job);
    return job.throttleKey === null ? null : this.#throttles.keepPlace(job, job.throttleKey);
  }

  /** Gives back the places of a job that is done. */
  leave(job: DueJob, throttle: ThrottlePlace | null): void {
    this.#counters.leave(job);
    throttle?.release();
  }

  /** The keys of jobs that have a place of a concurrency limit. */
  membersOf(gate: string): ReadonlySet<string> {
    return this.#counters.membersOf(gate);
  }

  /** When a gate opens for a job by itself, in ms since 1970; infinity if only others can open it. */
  opensAtMs(job: DueJob, gate: string): number {
    return job.throttleKey === gate ? this.#throttles.opensAtMs(job, gate) : Number.POSITIVE_INFINITY;
  }

  /** Whether the state of a throttle has to be read before it can open. */
  needsState(job: DueJob, gate: string): boolean {
    return job.throttleKey === gate && !this.#throttles.knows(gate);
  }

  learn(gate: string, drainedAtMs: number): void {
    this.#throttles.learn(gate, drainedAtMs);
  }
}
