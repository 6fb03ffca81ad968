import { nextCronMs } from '../cron/schedule.ts';
import { isEndpoint } from '../endpoints/endpoint-function.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';

/** Whether a person can start it: requests to durable endpoints come from their clients alone. */
export function isStartable(fn: RegisteredFunction): boolean {
  return !isEndpoint(fn);
}

/** The next times at which crons of a function start it, in order; its jitter is left out. */
export function nextStartsMs(fn: RegisteredFunction, nowMs: number, count: number): readonly number[] {
  const times = fn.config.cronTriggers.flatMap(({ cron }) => nextTimesMs(cron, nowMs, count));
  return [...new Set(times)].sort((a, b) => a - b).slice(0, count);
}

function nextTimesMs(cron: string, nowMs: number, count: number): readonly number[] {
  const times: number[] = [];
  for (let afterMs = nowMs; times.length < count; ) {
    const nextMs = nextCronMs(cron, afterMs);
    if (nextMs === null) break;
    times.push(nextMs);
    afterMs = nextMs;
  }
  return times;
}
