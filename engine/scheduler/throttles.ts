import type { DueJob } from '../store/due.ts';
import type { ThrottleUse } from '../store/rows.ts';

/**
 * A leaky bucket (inngest.com/docs, throttling): each start puts in a drop, one drop drains per `periodMs / limit`, and there is
 * room for `limit + burst`.
 */
export interface Throttle {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
}

/** The throttle of a job's function by its present settings; null if it has none any more. */
export type ThrottleOf = (job: DueJob) => Throttle | null;

interface Bucket {
  drainedAtMs: number;
  /** Starts that may not be stored yet. */
  unsettled: number;
}

/** Buckets that are kept in memory, those with unstored starts apart. Others are read again when they are needed. */
const maxBuckets = 10_000;

/** The buckets of throttled functions. */
export class Throttles {
  readonly #throttleOf: ThrottleOf;
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(throttleOf: ThrottleOf) {
    this.#throttleOf = throttleOf;
  }

  knows(key: string): boolean {
    return this.#buckets.has(key);
  }

  /** Takes in what is stored of a bucket. What is known already is newer. */
  learn(key: string, drainedAtMs: number): void {
    if (!this.#buckets.has(key)) this.#put(key, { drainedAtMs, unsettled: 0 });
  }

  /** When the bucket will have room for the job, in ms since 1970. Infinity while it is not known. */
  opensAtMs(job: DueJob, key: string): number {
    const throttle = this.#throttleOf(job);
    const bucket = this.#buckets.get(key);
    if (throttle === null) return 0;
    if (bucket === undefined) return Number.POSITIVE_INFINITY;
    return bucket.drainedAtMs - (throttle.limit + throttle.burst - 1) * dropMs(throttle);
  }

  /** Puts in a drop for the start of a job. There must be room. */
  take(job: DueJob, key: string): ThrottleUse {
    const throttle = this.#throttleOf(job);
    const bucket = this.#buckets.get(key) ?? { drainedAtMs: 0, unsettled: 0 };
    if (throttle !== null) bucket.drainedAtMs = Math.max(bucket.drainedAtMs, Date.now()) + dropMs(throttle);
    bucket.unsettled += 1;
    this.#buckets.delete(key);
    this.#put(key, bucket);
    return { key, drainedAtMs: bucket.drainedAtMs };
  }

  /** The start has been stored, or will not be: then its drop is taken out again. */
  settle(job: DueJob, key: string, isStored: boolean): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return;
    bucket.unsettled -= 1;
    const throttle = this.#throttleOf(job);
    if (!isStored && throttle !== null) bucket.drainedAtMs -= dropMs(throttle);
  }

  #put(key: string, bucket: Bucket): void {
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= maxBuckets) return;
    for (const [oldKey, { unsettled }] of this.#buckets) {
      if (unsettled > 0 || oldKey === key) continue;
      this.#buckets.delete(oldKey);
      return;
    }
  }
}

function dropMs({ periodMs, limit }: Throttle): number {
  return periodMs / limit;
}
