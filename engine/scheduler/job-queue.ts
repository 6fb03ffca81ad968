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

/** Before every job. */
const beginning: Position = { isBegun: true, dueAtMs: Number.NEGATIVE_INFINITY, runId: '', stepId: null };

/**
 * The first jobs of a queue that goes on in the database.
 *
 * All jobs before `#moreFrom` are here; those behind it may be in the database only. A job that would have its place behind
 * is left there, so that jobs are taken in order however many there are.
 */
export class JobQueue {
  readonly #budget: JobBudget;
  readonly #jobs: DueJob[] = [];
  #moreFrom: Position | null;
  /** The first job that was left to the database while a refill is under way, which cannot know it. */
  #leftMeanwhile: Position | null = null;

  /** @param start `unread` if there may be jobs in the database before anything was read from it */
  constructor(budget: JobBudget, start: 'empty' | 'unread') {
    this.#budget = budget;
    this.#moreFrom = start === 'unread' ? beginning : null;
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
    return this.#leave(this.#pop());
  }

  shift(): DueJob | undefined {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#budget.used -= 1;
    return job;
  }

  /**
   * From here on jobs may be in the database that nobody has read.
   *
   * @returns jobs that were behind and are left to the database with them
   */
  leaveFrom(position: Position): readonly DueJob[] {
    this.#leave(position);
    const left = this.#jobs.filter((job) => comparePositions(job, position) > 0);
    this.#jobs.length -= left.length;
    this.#budget.used -= left.length;
    return left;
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
   * @returns those that were taken in, and those, of before too, that are left to the database because others go before them
   */
  endRefill(
    jobs: readonly DueJob[],
    limit: number,
    capacity: number,
    isHeld: (job: DueJob) => boolean,
  ): { readonly taken: readonly DueJob[]; readonly left: readonly DueJob[] } {
    const read = [...jobs].sort(comparePositions).slice(0, limit);
    const last = read.length < limit ? null : (read.at(-1) ?? null);
    const moreFrom = earlier(last, this.#leftMeanwhile);
    const isHere = (job: DueJob) => moreFrom === null || job === last || comparePositions(job, moreFrom) < 0;
    this.#moreFrom = moreFrom;
    this.#leftMeanwhile = null;

    const left = this.#jobs.filter((job) => !isHere(job));
    this.#jobs.length -= left.length;
    this.#budget.used -= left.length;
    const taken = read.filter((job) => isHere(job) && !isHeld(job));
    for (const job of taken) this.#insert(job);
    while (this.#jobs.length > capacity) left.push(this.#leave(this.#pop()));
    return { taken, left };
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

  /** Takes out the last job; there must be one. */
  #pop(): DueJob {
    const last = this.#jobs.pop();
    if (last === undefined) throw new Error('Cannot take a job out of a queue: it is empty');
    this.#budget.used -= 1;
    return last;
  }

  #leave<T extends Position>(job: T): T {
    this.#moreFrom = earlier(this.#moreFrom, job);
    this.#leftMeanwhile = earlier(this.#leftMeanwhile, job);
    return job;
  }
}

/** The earlier of two positions, as far as there are any. */
export function earlier(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return comparePositions(a, b) <= 0 ? a : b;
}
