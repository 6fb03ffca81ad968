import { wallClock } from './time-zone.ts';
import { Duration, EvaluationError, kindOf, toText } from './values.ts';

const dayMs = 86_400_000;

/** The parts of a timestamp, by the UTC fields of what clocks show. Days and months count from 0, but for `getDate`. */
const timestampParts: Readonly<Record<string, (clock: Date) => number>> = {
  getFullYear: (clock) => clock.getUTCFullYear(),
  getMonth: (clock) => clock.getUTCMonth(),
  getDate: (clock) => clock.getUTCDate(),
  getDayOfMonth: (clock) => clock.getUTCDate() - 1,
  getDayOfWeek: (clock) => clock.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (clock) => clock.getUTCHours(),
  getMinutes: (clock) => clock.getUTCMinutes(),
  getSeconds: (clock) => clock.getUTCSeconds(),
  getMilliseconds: (clock) => clock.getUTCMilliseconds(),
};

/** A duration is told as a whole in each unit. */
const durationUnitsMs: Readonly<Record<string, number>> = {
  getHours: 3_600_000,
  getMinutes: 60_000,
  getSeconds: 1_000,
  getMilliseconds: 1,
};

// The library has these functions too, but its answers depend on the time zone of this process.

/** The functions that take timestamps and durations apart. Timestamps are told in UTC unless a time zone is given. */
export const timeParts: ReadonlyMap<string, (args: readonly unknown[]) => number> = new Map(
  Object.entries(timestampParts).map(([name, partOf]) => [
    name,
    ([time, zone]) => {
      const unitMs = durationUnitsMs[name];
      if (time instanceof Duration && unitMs !== undefined) return Math.trunc(time.ms / unitMs);
      if (time instanceof Date) return partOf(zone === undefined ? time : wallClock(time, toText(zone)));
      throw new EvaluationError(`Cannot use ${name}() on a ${kindOf(time)}`);
    },
  ]),
);

function dayOfYear(clock: Date): number {
  const firstDay = new Date(clock);
  firstDay.setUTCMonth(0, 1);
  return Math.round((clock.getTime() - firstDay.getTime()) / dayMs);
}
