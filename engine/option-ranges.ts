import type { EngineOptions } from './options.ts';
import { limits } from './protocol/limits.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

const dayMs = 24 * 3_600_000;
/** A timer of Node.js that should take longer ends at once. */
const maxTimerMs = 2 ** 31 - 1;

/** From where to where the numbers among the options may go, both included. All of them are whole. */
export const optionRanges = {
  retryIntervalMs: { min: 0, max: limits.retryDelayMaxMs },
  maxStepsPerRun: { min: 1, max: limits.maxStepsPerRun },
  /** Every call has a connection, and so a port, of its own. */
  maxCallsInFlight: { min: 1, max: 10_000 },
  callTimeoutMs: { min: 1, max: maxTimerMs },
  historyMs: { min: 0, max: 36_500 * dayMs },
  historyCount: { min: 0, max: Number.MAX_SAFE_INTEGER },
  databaseTimeoutMs: { min: 1, max: maxTimerMs },
} as const satisfies Partial<Record<keyof EngineOptions, Range>>;

/** @throws {Error} when an option is outside of its range */
export function checkRanges(options: EngineOptions): void {
  for (const [name, { min, max }] of Object.entries(optionRanges)) {
    const value = options[name as keyof typeof optionRanges];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw new Error(
      `Cannot start engine: ${name} is ${value}, set it to a whole number from ${min} to ${max}`,
    );
  }
}
