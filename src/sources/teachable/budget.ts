import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Transaction } from '../../db/client.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CallBudget } from '../types.ts';
import { type BudgetKey, type BudgetRow, lockBudget, readBudget, saveBudget } from './budget-row.ts';
import { shortWaitMs } from './limits.ts';
import { monthOf, quotaExhausted, reserveOf } from './monthly-quota.ts';
import { type AnsweredBudget, takeAnswer } from './source-limits.ts';
import { askForTurn } from './turns.ts';

export interface CallBudgetOptions extends BudgetKey {
  readonly database: Database;
  /** The import that calls; null for a person at the pages or at the terminal. */
  readonly importId: string | null;
}

/**
 * A school's allowance of calls, kept in the database and so shared by every process that calls the school.
 *
 * Each turn is one short transaction under the budget's row: whose turn it is (see `askForTurn`), and the count of the month.
 */
export function createCallBudget({ database, importId, ...key }: CallBudgetOptions): CallBudget {
  /** What this instance has seen last, to spare a transaction for an answer that says nothing new. */
  let seen: AnsweredBudget | null = null;

  async function change<T>(work: (row: BudgetRow, tx: Transaction) => Promise<T>): Promise<T> {
    return database.transaction(async (tx) => work(await lockBudget(tx, key), tx));
  }

  async function ask() {
    return change(async (row, tx) => {
      const { nowMs, callsByMonth } = row;
      assertQuota(row, importId !== null);
      const { turns, answer } = askForTurn(row.turns, importId ?? 'person', nowMs);
      seen = { ...row, turns };
      const isTurn = answer.kind === 'turn';
      await saveBudget(tx, key, {
        ...row,
        turns,
        callsByMonth: isTurn ? countCall(callsByMonth, nowMs) : callsByMonth,
      });
      return { isTurn, waitMs: Math.max(0, Math.ceil((isTurn ? answer.startMs : answer.untilMs) - nowMs)) };
    });
  }

  return {
    async take() {
      let { isTurn, waitMs } = await ask();
      for (let leftMs = shortWaitMs - waitMs; !isTurn && leftMs >= 0; leftMs -= waitMs) {
        await delay(waitMs);
        ({ isTurn, waitMs } = await ask());
      }
      if (!isTurn) throw noRoom(waitMs);
      if (waitMs === 0) return;
      await delay(waitMs);
      // The source may have refused another call meanwhile.
      const row = await readBudget(database, key);
      if (row && row.turns.blockedUntilMs > row.nowMs) throw noRoom(row.turns.blockedUntilMs - row.nowMs);
    },

    async observe(answer) {
      if (seen && takeAnswer(seen, answer, Date.now()) === seen) return;
      const row = await change(async (before, tx) => {
        const after = takeAnswer(before, answer, before.nowMs);
        if (after !== before) await saveBudget(tx, key, after);
        return after;
      });
      seen = row;
      if (answer.refusal !== null) assertQuota(row, importId !== null);
    },
  };
}

function countCall(callsByMonth: BudgetRow['callsByMonth'], nowMs: number): BudgetRow['callsByMonth'] {
  const month = monthOf(nowMs);
  return { ...callsByMonth, [month]: (callsByMonth[month] ?? 0) + 1 };
}

/** @throws {AppError} `SOURCE_QUOTA_EXHAUSTED` */
function assertQuota(
  { nowMs, callsByMonth, monthlyQuota, exhaustedUntilMs }: BudgetRow,
  isImport: boolean,
): void {
  const usedCalls = callsByMonth[monthOf(nowMs)] ?? 0;
  if (exhaustedUntilMs > nowMs) throw quotaExhausted({ usedCalls, nowMs, allowedCalls: null });
  if (monthlyQuota === null) return;
  const allowedCalls = isImport ? monthlyQuota - reserveOf(monthlyQuota) : monthlyQuota;
  if (usedCalls >= allowedCalls) throw quotaExhausted({ usedCalls, nowMs, allowedCalls });
}

function noRoom(waitMs: number): AppError {
  return new AppError({
    code: 'SOURCE_RATE_LIMITED',
    message: `Cannot call Teachable yet: the school's allowance is used up, the next call is due in ${Math.ceil(waitMs)} ms`,
    publicMessage: 'Your school allows a limited number of API calls a minute. The import goes on by itself.',
    retry: { afterMs: Math.ceil(waitMs) },
  });
}
