import { nextCronMs } from '../cron/schedule.ts';
import { isEndpoint } from '../endpoints/endpoint-function.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';

/** A function that can be started, by the name that addresses have. */
export function findBySlug(registry: Registry, slug: string): RegisteredFunction | undefined {
  return registry.list().find((fn) => fn.config.slug === slug);
}

/** A function of its own accord is started by events, crons and people; requests to durable endpoints start themselves. */
export function isStartable(fn: RegisteredFunction): boolean {
  return !isEndpoint(fn);
}

/** The earliest time at which one of its crons starts a function; null for one without crons. */
export function nextStartMs(fn: RegisteredFunction, nowMs: number): number | null {
  const times = fn.config.cronTriggers.flatMap(({ cron }) => nextCronMs(cron, nowMs) ?? []);
  return times.length === 0 ? null : Math.min(...times);
}
