import { AppError } from '../../errors/app-error.ts';
import { reservedShareOfQuota } from './limits.ts';

/** The calendar month of an instant in UTC, such as `2026-11`. */
export function monthOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 7);
}

/** When the month after that of an instant begins, in UTC. */
export function nextMonthOf(nowMs: number): Date {
  const now = new Date(nowMs);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
}

/** Calls of a monthly quota that imports leave alone. */
export function reserveOf(quota: number): number {
  return Math.ceil(quota * reservedShareOfQuota);
}

export interface UsedMonth {
  readonly usedCalls: number;
  readonly nowMs: number;
  /** The calls that were not to be exceeded, or null when it was the source that said so. */
  readonly allowedCalls: number | null;
}

/**
 * The error for a month whose allowance is used up. It is for the caller to stop until the next month, or until somebody has raised
 * the quota or the school's plan: waiting in a run would last for weeks, so it is not to be repeated.
 */
export function quotaExhausted({ usedCalls, nowMs, allowedCalls }: UsedMonth): AppError {
  const nextMonth = nextMonthOf(nowMs);
  const day = nextMonth.toISOString().slice(0, 10);
  const why =
    allowedCalls === null
      ? 'the source says that its allowance is used up'
      : `${allowedCalls} calls may be made this month`;
  return new AppError({
    code: 'SOURCE_QUOTA_EXHAUSTED',
    message: `Cannot call Teachable this month: ${usedCalls} calls were made and ${why}, the next month begins at ${nextMonth.toISOString()}`,
    publicMessage: `The monthly allowance of API calls of your Teachable plan is used up (${usedCalls} calls were made from here this month). Wait until ${day}, when the next month begins, or upgrade the plan.`,
    retry: 'never',
  });
}
