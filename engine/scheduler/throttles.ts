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

/** A place in a bucket that is kept free for the start of a run. */
export interface ThrottlePlace {
  /** Puts the drop in, when it is certain that the run starts. Returns what has to be stored before. */
  take(): ThrottleUse;
  /** What was taken is stored, or is not needed any more. */
  release(): void;
}

interface Bucket {
  /** When it will have drained if nothing else is put in, in ms since 1970. */
  drainedAtMs: number;
  /** Places that are kept and not taken yet. */
  kept: number;
  /** Places that are not released yet. */
  users: number;
}

/** Buckets that are kept in memory, those in use apart. Others are read again when they are needed. */
const maxBuckets = 20_000;

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
    if (!this.#buckets.has(key)) this.#put(key, { drainedAtMs, kept: 0, users: 0 });
  }

  /** When the bucket will have room for the job, in ms since 1970. Infinity while it is not known. */
  opensAtMs(job: DueJob, key: string): number {
    const throttle = this.#throttleOf(job);
    const bucket = this.#buckets.get(key);
    if (throttle === null) return 0;
    if (bucket === undefined) return Number.POSITIVE_INFINITY;
    const fromMs = bucket.kept === 0 ? bucket.drainedAtMs : Math.max(bucket.drainedAtMs, Date.now());
    return fromMs + (bucket.kept + 1 - throttle.limit - throttle.burst) * dropMs(throttle);
  }

  /** Keeps a place for a job; there must be room. The bucket must be known. */
  keepPlace(job: DueJob, key: string): ThrottlePlace {
    const bucket = this.#buckets.get(key) ?? { drainedAtMs: 0, kept: 0, users: 0 };
    bucket.kept += 1;
    bucket.users += 1;
    this.#buckets.delete(key);
    this.#put(key, bucket);

    let isKept = true;
    const give = () => {
      if (isKept) bucket.kept -= 1;
      isKept = false;
    };
    return {
      take: () => {
        const throttle = this.#throttleOf(job);
        const fromMs = Math.max(bucket.drainedAtMs, Date.now());
        bucket.drainedAtMs = throttle === null ? bucket.drainedAtMs : fromMs + dropMs(throttle);
        give();
        return { key, drainedAtMs: bucket.drainedAtMs };
      },
      release: () => {
        give();
        bucket.users -= 1;
      },
    };
  }

  #put(key: string, bucket: Bucket): void {
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= maxBuckets) return;
    for (const [oldKey, { users }] of this.#buckets) {
      if (users > 0 || oldKey === key) continue;
      this.#buckets.delete(oldKey);
      return;
    }
  }
}

function dropMs({ periodMs, limit }: Throttle): number {
  return periodMs / limit;
}
