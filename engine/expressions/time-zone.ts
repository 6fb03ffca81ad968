import { EvaluationError } from './values.ts';

const maxKept = 500;
const formats = new Map<string, Intl.DateTimeFormat>();

const offsetPattern = /^(?:GMT)?([+-]?)([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/**
 * A date whose UTC fields are what clocks show in a time zone at that time.
 *
 * @param zone a name such as `Europe/Berlin`, or an offset such as `-03:30`
 * @throws {EvaluationError} when there is no such time zone
 */
export function wallClock(date: Date, zone: string): Date {
  const offset = offsetPattern.exec(zone) ?? offsetPattern.exec(offsetOf(date, zone));
  if (offset === null) return date;
  const [, sign, hours, minutes, seconds = 0] = offset;
  const distanceMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return new Date(date.getTime() + (sign === '-' ? -distanceMs : distanceMs));
}

/** Such as `GMT+02:00`; `GMT` alone where there is none. */
function offsetOf(date: Date, zone: string): string {
  const parts = formatOf(zone).formatToParts(date);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = newFormat(zone);
  if (formats.size >= maxKept) formats.clear();
  formats.set(zone, format);
  return format;
}

function newFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    throw new EvaluationError(`Cannot find the time zone "${zone}"`);
  }
}
