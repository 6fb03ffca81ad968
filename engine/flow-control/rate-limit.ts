/** One of the official server's rate limits: a leaky bucket that drains `limit` per `periodMs`. */
export interface RateLimit {
  readonly limit: number;
  readonly periodMs: number;
}

/** The bucket is much smaller than the limit, as in the official server: `limit` is no burst size. */
const limitPerBurst = 10;

/**
 * Puts one event into a bucket, if there is room for it.
 *
 * @param emptyAtMs when the bucket would be empty; null if it is
 * @returns when it will be empty with the event in it, or null if it is full
 */
export function pour(emptyAtMs: number | null, { limit, periodMs }: RateLimit, nowMs: number): number | null {
  const intervalMs = periodMs / limit;
  const capacityMs = intervalMs * (1 + Math.floor(limit / limitPerBurst));
  // After a change of the limit the bucket is not fuller than full.
  const level = Math.min(emptyAtMs ?? nowMs, nowMs + capacityMs);
  const next = Math.max(level, nowMs) + intervalMs;
  // Times are as large as 1e12, so that sums of intervals are off by some 1e-4 ms.
  return next - nowMs <= capacityMs + 0.01 ? next : null;
}
