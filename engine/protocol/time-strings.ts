const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const partPattern = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/y;

/**
 * Reads a Go duration extended by days and weeks, such as `1h30m` or `1w2d` (Inngest SDK spec 5.3.1), as whole milliseconds. Null
 * if it is none.
 */
export function parseDurationMs(text: string): number | null {
  if (text === '') return null;

  let totalMs = 0;
  partPattern.lastIndex = 0;
  while (partPattern.lastIndex < text.length) {
    const part = partPattern.exec(text);
    if (part === null) return null;
    totalMs += Number(part[1]) * (unitMs[part[2] ?? ''] ?? 0);
  }
  return Math.round(totalMs);
}

/** Writes whole milliseconds as the shortest time string that `parseDurationMs` reads back. */
export function formatDuration(durationMs: number): string {
  let restMs = durationMs;
  let text = '';
  for (const unit of ['w', 'd', 'h', 'm', 's', 'ms']) {
    const sizeMs = unitMs[unit] ?? 1;
    const count = Math.floor(restMs / sizeMs);
    restMs -= count * sizeMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}

/** Dates begin as RFC 3339 has them. JavaScript alone would read a year out of nearly everything: `20240101`, `two hours 2`. */
const dateStart = /^\d{4}-\d{2}-\d{2}/;

/** Reads a date such as `2027-01-31T12:00:00Z`, as ms since 1970. Null if it is none. */
export function parseDateMs(text: string): number | null {
  const dateMs = dateStart.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? null : dateMs;
}

/**
 * How long a wait lasts that is given as a duration or as a date. A date in the past is 0; the distance to a date is rounded
 * to whole seconds. Null if the text is neither.
 */
export function parseWaitMs(text: string, nowMs: number): number | null {
  const durationMs = parseDurationMs(text);
  if (durationMs !== null) return durationMs;
  const dateMs = parseDateMs(text);
  if (dateMs === null) return null;
  return Math.max(0, Math.round((dateMs - nowMs) / 1_000) * 1_000);
}

/** Longer values of `Retry-After` are dates. */
const longestSecondsLength = 7;

/** Reads `Retry-After` (RFC 9110 §10.2.3; ISO 8601 dates too) as milliseconds from now. Null if it cannot be read. */
export function parseRetryAfterMs(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  if (trimmed.length <= longestSecondsLength) return /^\d+$/.test(trimmed) ? Number(trimmed) * 1_000 : null;

  const dateMs = Date.parse(trimmed);
  return Number.isNaN(dateMs) ? null : dateMs - nowMs;
}
