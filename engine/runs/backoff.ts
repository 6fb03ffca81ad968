import { limits } from '../protocol/limits.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Waits after the first, second, … failed attempt; the last one repeats. Source: inngest.com/docs, retries. */
const backoffMs = [
  ...[15 * secondMs, 30 * secondMs],
  ...[1, 2, 5, 10, 20, 40].map((minutes) => minutes * minuteMs),
  ...[hourMs, 2 * hourMs],
];
const jitterMs = 30 * secondMs;

/** How long to wait before a failed job is tried again. */
export interface RetryPolicy {
  /** A fixed wait in place of the growing one, in ms. */
  readonly retryIntervalMs: number | null;
  /** A number from 0 to 1, by chance. */
  random(): number;
}

/**
 * @param attempt the failed attempt, counted from 0
 * @param retryAfterMs what the function asked for, if it did; it wins, within the limits of the protocol
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, retryAfterMs: number | null): number {
  if (retryAfterMs !== null)
    return Math.min(Math.max(retryAfterMs, limits.retryDelayMinMs), limits.retryDelayMaxMs);
  if (policy.retryIntervalMs !== null) return policy.retryIntervalMs;
  const baseMs = backoffMs[Math.min(attempt, backoffMs.length - 1)] ?? hourMs;
  return baseMs + Math.round(policy.random() * jitterMs);
}

const awayMinMs = 500;
const awayMaxMs = 5_000;

/**
 * How long to leave an app alone that was away. Its next registration ends the wait earlier.
 *
 * @param failures how often it was away in a row before this time
 */
export function awayDelayMs(policy: RetryPolicy, failures: number): number {
  if (policy.retryIntervalMs !== null) return policy.retryIntervalMs;
  const delayMs = Math.min(awayMinMs * 2 ** failures, awayMaxMs);
  return Math.round((delayMs * (1 + policy.random())) / 2);
}
