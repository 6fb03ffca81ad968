import type { DueJob } from '../store/due.ts';

/** How many calls may be in flight at once for a counter of a job's function. */
export type LimitOf = (job: DueJob, counterKey: string) => number;

interface Counter {
  inUse: number;
  /** The limit that held when a job last asked. */
  limit: number;
  /** Jobs that wait for a place of this counter. */
  waiting: DueJob[];
  /** More of them may be in the database. */
  hasMore: boolean;
  isRefilling: boolean;
}

/**
 * The places of concurrency limits. A job takes one place of each of its counters, of all or of none.
 *
 * Counters exist while a place is taken or a job waits, so memory is bounded by what is in flight.
 */
export class ConcurrencySlots {
  readonly #limitOf: LimitOf;
  readonly #maxWaiting: number;
  readonly #counters = new Map<string, Counter>();

  constructor(limitOf: LimitOf, maxWaiting: number) {
    this.#limitOf = limitOf;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Takes a place of each counter of the job. Otherwise the job waits for the first full one, or, when too many wait already,
   * is left to the database.
   */
  take(job: DueJob): 'taken' | 'waits' | 'left' {
    for (const key of job.concurrency) {
      const counter = this.#counters.get(key);
      if (counter === undefined) continue;
      counter.limit = this.#limitOf(job, key);
      if (counter.inUse < counter.limit) continue;
      if (counter.waiting.length >= this.#maxWaiting) {
        counter.hasMore = true;
        return 'left';
      }
      counter.waiting.push(job);
      return 'waits';
    }
    for (const key of job.concurrency) {
      const counter = this.#counter(key);
      counter.limit = this.#limitOf(job, key);
      counter.inUse += 1;
    }
    return 'taken';
  }

  release(job: DueJob): void {
    for (const key of job.concurrency) this.#counter(key).inUse -= 1;
  }

  /** Jobs that waited for places that the job has given back, at most one for each free place. */
  takeFreed(job: DueJob): readonly DueJob[] {
    const freed: DueJob[] = [];
    for (const key of job.concurrency) {
      const counter = this.#counters.get(key);
      if (counter === undefined) continue;
      const [first] = counter.waiting;
      const free = first === undefined ? 0 : this.#limitOf(first, key) - counter.inUse;
      if (free > 0) freed.push(...counter.waiting.splice(0, free));
      this.#forgetIfIdle(key, counter);
    }
    return freed;
  }

  /** Whether the jobs of a counter that are in the database should be read now. The caller does so and calls `endRefill`. */
  beginRefill(key: string): boolean {
    const counter = this.#counters.get(key);
    if (counter === undefined || !counter.hasMore || counter.isRefilling) return false;
    if (counter.waiting.length > this.#maxWaiting / 4) return false;
    counter.isRefilling = true;
    counter.hasMore = false;
    return true;
  }

  endRefill(key: string, hasMore: boolean): void {
    const counter = this.#counter(key);
    counter.isRefilling = false;
    counter.hasMore ||= hasMore;
    this.#forgetIfIdle(key, counter);
  }

  /** Names the counters without a free place, and takes note that the caller leaves their jobs in the database. */
  markFull(): readonly string[] {
    const full: string[] = [];
    for (const [key, counter] of this.#counters) {
      if (counter.inUse < counter.limit) continue;
      counter.hasMore = true;
      full.push(key);
    }
    return full;
  }

  #counter(key: string): Counter {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = {
        inUse: 0,
        limit: Number.POSITIVE_INFINITY,
        waiting: [],
        hasMore: false,
        isRefilling: false,
      };
      this.#counters.set(key, counter);
    }
    return counter;
  }

  #forgetIfIdle(key: string, counter: Counter): void {
    const isIdle =
      counter.inUse === 0 && counter.waiting.length === 0 && !counter.hasMore && !counter.isRefilling;
    if (isIdle) this.#counters.delete(key);
  }
}
