/** Longest wait that a server's header is believed, in ms. */
export const longestRetryAfterMs = 120_000;

/**
 * How long the server asks us to wait, in ms, at most `longestRetryAfterMs`; null when it does not say.
 *
 * `Retry-After` is seconds or a date (RFC 9110 §10.2.3) and wins; `RateLimit-Reset` is the seconds until the window
 * ends (docs.teachable.com, "Rate limits").
 */
export function readRetryAfterMs(headers: Headers, nowMs: number = Date.now()): number | null {
  const waitMs =
    secondsToMs(headers.get('retry-after')) ??
    dateToMs(headers.get('retry-after'), nowMs) ??
    secondsToMs(headers.get('ratelimit-reset'));
  return waitMs === null ? null : Math.min(waitMs, longestRetryAfterMs);
}

function secondsToMs(value: string | null): number | null {
  return value !== null && /^\d+(\.\d+)?$/.test(value.trim()) ? Math.ceil(Number(value) * 1000) : null;
}

function dateToMs(value: string | null, nowMs: number): number | null {
  const atMs = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
