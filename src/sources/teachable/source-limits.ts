import { longestRetryAfterMs } from '../../http/retry-timing.ts';
import type { CallAnswer } from '../types.ts';
import type { BudgetRow } from './budget-row.ts';
import {
  defaultRateLimitWaitMs,
  longestWindowMs,
  monthlyLimitFromMs,
  mostSilentRefusals,
  plausibleCallsPerMinute,
  surelyNoSecondMs,
} from './limits.ts';
import { putOff, spacingOf } from './turns.ts';

/** Of a budget, what an answer can change. */
export type AnsweredBudget = Pick<BudgetRow, 'turns' | 'exhaustedUntilMs' | 'silentRefusals'>;

/**
 * What an answer of the source says of its limits, taken into a budget; the very same budget when it says nothing new. The headers
 * are those of docs.teachable.com, "Rate limits", which documents them for refusals only: where they stand on other answers, they
 * are used.
 */
export function takeAnswer<Budget extends AnsweredBudget>(
  budget: Budget,
  answer: CallAnswer,
  nowMs: number,
): Budget {
  const { resetMs, remaining } = answer;
  let { turns, silentRefusals, exhaustedUntilMs } = budget;

  if (answer.limit !== null && answer.limit !== turns.limit && isPerMinute(answer.limit, resetMs)) {
    turns = { ...turns, limit: answer.limit };
  }

  // The first refusal of a pause speaks for those that were under way with it.
  const isFirst = turns.blockedUntilMs <= nowMs;
  if (answer.refusal === null) silentRefusals = 0;
  else if (resetMs !== null) silentRefusals = 0;
  else if (isFirst) silentRefusals += 1;
  if (
    answer.refusal === 'quota' ||
    silentRefusals >= mostSilentRefusals ||
    (answer.refusal !== null && (resetMs ?? 0) > monthlyLimitFromMs)
  ) {
    exhaustedUntilMs = nowMs + longestRetryAfterMs;
  }

  if (answer.refusal !== null || (remaining === 0 && resetMs !== null)) {
    const blockedUntilMs = nowMs + Math.min(resetMs ?? defaultRateLimitWaitMs, longestRetryAfterMs);
    turns = { ...turns, blockedUntilMs: Math.max(turns.blockedUntilMs, blockedUntilMs) };
  } else if (remaining !== null && resetMs !== null && resetMs <= longestWindowMs) {
    // Other tools of the school use the same allowance: what they left is spread over the rest of the window.
    const spreadMs = resetMs / (remaining + 1);
    if (spreadMs > spacingOf(turns.limit).intervalMs) turns = putOff(turns, nowMs + spreadMs);
  }

  const isSame =
    turns === budget.turns &&
    silentRefusals === budget.silentRefusals &&
    exhaustedUntilMs === budget.exhaustedUntilMs;
  return isSame ? budget : { ...budget, turns, silentRefusals, exhaustedUntilMs };
}

/** The header does not say what it counts by. */
function isPerMinute(limit: number, resetMs: number | null): boolean {
  if (limit < 1 || limit > plausibleCallsPerMinute.most || (resetMs ?? 0) > longestWindowMs) return false;
  return limit >= plausibleCallsPerMinute.least || (resetMs ?? 0) > surelyNoSecondMs;
}
