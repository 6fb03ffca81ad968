import { jobKey } from '../runs/run.ts';
import type { DueJob } from '../store/due.ts';

/** How many calls may be in flight at once for a counter, by the present settings of a job's function. */
export type LimitOf = (job: DueJob, counterKey: string) => number;

const nobody: ReadonlySet<string> = new Set();

/** The counters of concurrency limits: which jobs have a place. They exist while somebody has one. */
export class Counters {
  readonly #limitOf: LimitOf;
  readonly #members = new Map<string, Set<string>>();

  constructor(limitOf: LimitOf) {
    this.#limitOf = limitOf;
  }

  hasPlace(job: DueJob, key: string): boolean {
    return this.membersOf(key).size < this.#limitOf(job, key);
  }

  /** The keys of the jobs that have a place. */
  membersOf(key: string): ReadonlySet<string> {
    return this.#members.get(key) ?? nobody;
  }

  enter(job: DueJob): void {
    for (const key of job.concurrency) {
      const members = this.#members.get(key) ?? new Set();
      members.add(jobKey(job.runId, job.stepId));
      this.#members.set(key, members);
    }
  }

  leave(job: DueJob): void {
    for (const key of job.concurrency) {
      const members = this.#members.get(key);
      members?.delete(jobKey(job.runId, job.stepId));
      if (members?.size === 0) this.#members.delete(key);
    }
  }
}
