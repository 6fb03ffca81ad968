import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { limits } from '../protocol/limits.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { splitCron } from '../registry/validate.ts';

/** One time at which a cron starts its function. */
export interface Firing {
  readonly fn: RegisteredFunction;
  readonly cron: string;
  /** What the cron says. */
  readonly scheduledMs: number;
  /** When the function is started: later by the jitter, if there is one. */
  readonly fireMs: number;
}

interface Entry {
  readonly fn: RegisteredFunction;
  readonly cron: string;
  readonly pattern: Cron;
  readonly delayMs: number;
  nextMs: number | null;
}

/**
 * The next firings of all crons of the functions it was given. Firings that passed while nobody asked are skipped, except
 * for the newest of each cron: an event loop that was busy for a moment must not lose one.
 */
export class CronSchedule {
  readonly #entries: readonly Entry[];

  /** @param nowMs firings before this time do not exist */
  constructor(functions: readonly RegisteredFunction[], nowMs: number) {
    this.#entries = functions.flatMap((fn) =>
      fn.config.cronTriggers.map(({ cron, jitterMs }) => {
        const { pattern, timeZone } = splitCron(cron);
        const parsed = new Cron(pattern, { timezone: timeZone, paused: true });
        const delayMs = jitterMs === null ? 0 : stableDelayMs(`${fn.id} ${cron}`, jitterMs);
        return { fn, cron, pattern: parsed, delayMs, nextMs: next(parsed, nowMs - delayMs) };
      }),
    );
  }

  /** The firings that are due, each exactly once. */
  takeDue(nowMs: number): readonly Firing[] {
    const due: Firing[] = [];
    for (const entry of this.#entries) {
      let scheduledMs: number | null = null;
      while (entry.nextMs !== null && entry.nextMs + entry.delayMs <= nowMs) {
        scheduledMs = entry.nextMs;
        entry.nextMs = next(entry.pattern, entry.nextMs);
      }
      if (scheduledMs !== null) {
        due.push({ fn: entry.fn, cron: entry.cron, scheduledMs, fireMs: scheduledMs + entry.delayMs });
      }
    }
    return due;
  }
}

/** The next time that a cron names, jitter left out; null when there is none. */
export function nextCronMs(cron: string, afterMs: number): number | null {
  const { pattern, timeZone } = splitCron(cron);
  return next(new Cron(pattern, { timezone: timeZone, paused: true }), afterMs);
}

function next(pattern: Cron, afterMs: number): number | null {
  return pattern.nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** Between a second and the jitter, the same for the same cron each time. */
function stableDelayMs(identity: string, jitterMs: number): number {
  const part = createHash('sha256').update(identity).digest().readUInt32BE(0) / 2 ** 32;
  return limits.cronJitterMinMs + Math.floor(part * (jitterMs - limits.cronJitterMinMs));
}
