import { and, eq } from 'drizzle-orm';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../db/client.ts';
import { budgets, connections } from '../../db/schema/index.ts';
import { notFound } from '../../errors/not-found.ts';
import { type BudgetKey, readBudget } from './budget-row.ts';
import { assertMonthlyQuota, monthOf, nextMonthOf, reserveOf } from './monthly-quota.ts';
import { spacingOf } from './turns.ts';

/** A school's allowance of API calls, as pages and commands show it. Times are UTC, ISO 8601. */
export interface SchoolBudget {
  /** Our pace, all imports of the school together. */
  readonly callsPerMinute: number;
  /** What the school said it allows; null until it has. */
  readonly limitPerMinute: number | null;
  /** Calls that were made from here in this calendar month (UTC). */
  readonly usedCalls: number;
  /** Calls that the school's plan includes a month; null when nobody has said. */
  readonly monthlyQuota: number | null;
  /** Of the quota: calls that imports leave for people. */
  readonly reservedCalls: number;
  /** Of the quota: calls that imports may still make this month; null when nobody has said the quota. */
  readonly leftCalls: number | null;
  readonly nextMonthAt: string;
  /** Nobody calls the school before then; null when nothing is in the way. */
  readonly blockedUntil: string | null;
}

type Owner = Pick<Context, 'database' | 'organisationId'>;

/** @throws {AppError} `NOT_FOUND` for a connection that is not the organisation's */
export async function getBudget(
  { database, organisationId }: Owner,
  connectionId: string,
): Promise<SchoolBudget> {
  await assertConnection({ database, organisationId }, connectionId);
  const row = await readBudget(database, { connectionId, organisationId });
  const nowMs = row?.nowMs ?? Date.now();
  const limitPerMinute = row?.turns.limit ?? null;
  const monthlyQuota = row?.monthlyQuota ?? null;
  const usedCalls = row?.callsByMonth[monthOf(nowMs)] ?? 0;
  const reservedCalls = monthlyQuota === null ? 0 : reserveOf(monthlyQuota);
  const blockedUntilMs = Math.max(row?.turns.blockedUntilMs ?? 0, row?.exhaustedUntilMs ?? 0);
  return {
    callsPerMinute: Math.round(60_000 / spacingOf(limitPerMinute).intervalMs),
    limitPerMinute,
    usedCalls,
    monthlyQuota,
    reservedCalls,
    leftCalls: monthlyQuota === null ? null : Math.max(0, monthlyQuota - reservedCalls - usedCalls),
    nextMonthAt: nextMonthOf(nowMs).toISOString(),
    blockedUntil: blockedUntilMs > nowMs ? new Date(blockedUntilMs).toISOString() : null,
  };
}

/**
 * Says how many calls a month the school's plan includes, so that imports stop before they are used up; null when it is not known.
 * Others report 10,000 for Teachable's Growth plan and 25,000 for Advanced; Teachable itself documents no number.
 *
 * What the school said of a used-up month is forgotten: the plan may have been changed.
 *
 * @throws {AppError} `NOT_FOUND` for a connection that is not the organisation's; `INPUT_INVALID` for a number that is none
 */
export async function setMonthlyQuota(
  { database, organisationId }: Owner,
  { connectionId, calls }: { readonly connectionId: string; readonly calls: number | null },
): Promise<void> {
  if (calls !== null) assertMonthlyQuota(calls);
  await assertConnection({ database, organisationId }, connectionId);
  const said = { monthlyQuota: calls, ...worthACall };
  await database
    .insert(budgets)
    .values({ connectionId, organisationId, ...said })
    .onConflictDoUpdate({ target: budgets.connectionId, set: said });
}

/** A budget of which nothing is remembered that a refusal said: somebody says that it is worth a call to find out. */
const worthACall = { exhaustedUntil: null, blockedUntil: null, silentRefusals: 0 };

/** Forgets that the school said its month was used up, and the pause after that. */
export async function forgetUsedUpMonth(
  database: Database | Transaction,
  { connectionId, organisationId }: BudgetKey,
): Promise<void> {
  await database
    .update(budgets)
    .set(worthACall)
    .where(and(eq(budgets.connectionId, connectionId), eq(budgets.organisationId, organisationId)));
}

async function assertConnection({ database, organisationId }: Owner, connectionId: string): Promise<void> {
  const found = await database
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.id, connectionId), eq(connections.organisationId, organisationId)));
  if (found.length === 0) throw notFound('connection', connectionId);
}
