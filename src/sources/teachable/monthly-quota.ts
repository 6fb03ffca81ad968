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

/** The database keeps it as a 32-bit integer. */
export const mostMonthlyCalls = 2_147_483_647;

/**
 * Reads a number of calls a month as people type it, such as `10000`, `10,000` or `10 000`; null for nothing.
 *
 * @throws {AppError} `INPUT_INVALID`
 */
export function parseMonthlyQuota(text: string): number | null {
  const typed = text.trim();
  if (typed === '') return null;
  const digits = typed.replace(/(?<=\d)[,\s](?=\d{3}(?!\d))/g, '');
  if (!/^\d+$/.test(digits)) throw quotaInvalid(`"${typed.slice(0, 40)}"`);
  const calls = Number(digits);
  assertMonthlyQuota(calls);
  return calls;
}

/** @throws {AppError} `INPUT_INVALID` for a number that is no number of calls */
export function assertMonthlyQuota(calls: number): void {
  if (!Number.isInteger(calls) || calls < 1 || calls > mostMonthlyCalls) throw quotaInvalid(String(calls));
}

function quotaInvalid(given: string): AppError {
  return new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot set the monthly quota to ${given}: it has to be a whole number from 1 to ${mostMonthlyCalls}`,
    publicMessage: 'Enter a whole number of 1 or more, such as 10000, or nothing.',
    retry: 'never',
  });
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
    publicMessage: `The monthly allowance of API calls of your Teachable plan is used up (made from here this month: ${usedCalls}). Wait until ${day}, when the next month begins, or upgrade the plan and say how many calls it includes.`,
    retry: 'never',
  });
}
