/** Times, durations and amounts as people read them. */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const units: readonly (readonly [ms: number, name: string])[] = [
  [dayMs, 'd'],
  [hourMs, 'h'],
  [minuteMs, 'min'],
  [secondMs, 's'],
];

/** `12 ms`, `3.4 s`, `2 min 5 s`, `1 d 3 h`: two units at most. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < secondMs) return `${ms} ms`;
  if (ms < 10 * secondMs) return `${trim((ms / secondMs).toFixed(2))} s`;
  if (ms < minuteMs) return `${trim((ms / secondMs).toFixed(1))} s`;

  const whole = Math.round(ms / secondMs) * secondMs;
  const first = units.findIndex(([unitMs]) => whole >= unitMs);
  const [largest, second] = [units[first], units[first + 1]];
  if (largest === undefined) return `${ms} ms`;
  const [unitMs, name] = largest;
  const rest = second === undefined ? 0 : Math.floor((whole % unitMs) / second[0]);
  const amount = `${Math.floor(whole / unitMs)} ${name}`;
  return rest === 0 || second === undefined ? amount : `${amount} ${rest} ${second[1]}`;
}

function trim(decimal: string): string {
  return decimal.replace(/\.?0+$/, '');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** In UTC: `09:05:03` today, `24 Nov 09:05:03` this year, `24 Nov 2025 09:05:03` before. */
export function timeText(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const now = new Date(nowMs);
  const clock = time.toISOString().slice(11, 19);
  if (time.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)) return clock;
  const day = `${time.getUTCDate()} ${months[time.getUTCMonth()]}`;
  return time.getUTCFullYear() === now.getUTCFullYear()
    ? `${day} ${clock}`
    : `${day} ${time.getUTCFullYear()} ${clock}`;
}

/** `512 bytes`, `4.2 KiB`, `3 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1_024) return countText(bytes, 'byte');
  if (bytes < 1_024 ** 2) return `${trim((bytes / 1_024).toFixed(1))} KiB`;
  return `${trim((bytes / 1_024 ** 2).toFixed(1))} MiB`;
}

/** `1 attempt`, `2 attempts`. */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A count that stopped at `most`: `1,000+`. */
export function cappedText(count: number, most: number): string {
  return count >= most ? `${most.toLocaleString('en')}+` : count.toLocaleString('en');
}
