import type { DueJob } from '../store/due.ts';
import type { JobBudget } from './job-budget.ts';

/** What decides the place of a job in a queue. */
export type Position = Pick<DueJob, 'isBegun' | 'dueAtMs' | 'runId' | 'stepId'>;

/** What was begun goes first, then the earlier due; ids decide between equals, and the older run has the smaller one. */
export function comparePositions(a: Position, b: Position): number {
  if (a.isBegun !== b.isBegun) return a.isBegun ? -1 : 1;
  return (
    a.dueAtMs - b.dueAtMs || compareText(a.runId, b.runId) || compareText(a.stepId ?? '', b.stepId ?? '')
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * The first jobs of a queue that goes on in the database.
 *
 * All jobs before `#moreFrom` are here; those behind it may be in the database only. A job that would have its place behind
 * is left there, so that jobs are taken in order however many there are.
 */
export class JobQueue {
  readonly #budget: JobBudget;
  readonly #jobs: DueJob[] = [];
  #moreFrom: Position | null = null;
  /** The first job that was left to the database while a refill is under way, which cannot know it. */
  #leftMeanwhile: Position | null = null;

  constructor(budget: JobBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#jobs.length;
  }

  get first(): DueJob | undefined {
    return this.#jobs[0];
  }

  get jobs(): readonly DueJob[] {
    return this.#jobs;
  }

  /** Where the part of the queue begins that is in the database only; null if all is here. */
  get moreFrom(): Position | null {
    return this.#moreFrom;
  }

  /**
   * Puts a job into its place.
   *
   * @returns the job that is left to the database: null, the job itself, or the last one, which it pushed out
   */
  offer(job: DueJob, capacity: number): DueJob | null {
    if (this.#moreFrom !== null && comparePositions(job, this.#moreFrom) >= 0) return this.#leave(job);

    this.#insert(job);
    if (this.#jobs.length <= capacity) return null;
    const last = this.#jobs.pop();
    if (last === undefined) return null;
    this.#budget.used -= 1;
    return this.#leave(last);
  }

  shift(): DueJob | undefined {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#budget.used -= 1;
    return job;
  }

  /** The database is going to be asked. */
  beginRefill(): void {
    this.#leftMeanwhile = null;
  }

  /**
   * Takes in what the database answered.
   *
   * @param jobs the first ones that were not held when the database was asked, in any order
   * @param limit how many were asked for; fewer are all there are
   * @param isHeld tells of jobs that came to be held meanwhile
   * @returns those that were taken in
   */
  endRefill(jobs: readonly DueJob[], limit: number, isHeld: (job: DueJob) => boolean): readonly DueJob[] {
    const read = [...jobs].sort(comparePositions).slice(0, limit);
    const left = this.#leftMeanwhile;
    this.#leftMeanwhile = null;
    this.#moreFrom = earlier(read.length < limit ? null : (read.at(-1) ?? null), left);
    const taken = read.filter((job) => !isHeld(job) && (left === null || comparePositions(job, left) < 0));
    for (const job of taken) this.#insert(job);
    return taken;
  }

  #insert(job: DueJob): void {
    let index = this.#jobs.length;
    for (let low = 0; low < index; ) {
      const middle = (low + index) >> 1;
      const other = this.#jobs[middle];
      if (other !== undefined && comparePositions(other, job) <= 0) low = middle + 1;
      else index = middle;
    }
    this.#jobs.splice(index, 0, job);
    this.#budget.used += 1;
  }

  #leave(job: DueJob): DueJob {
    this.#moreFrom = earlier(this.#moreFrom, job);
    this.#leftMeanwhile = earlier(this.#leftMeanwhile, job);
    return job;
  }
}

function earlier(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return comparePositions(a, b) <= 0 ? a : b;
}
