import { and, eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { budgets } from '../../db/schema/index.ts';
import type { Turns } from './turns.ts';

/** Whose budget. */
export interface BudgetKey {
  readonly connectionId: string;
  readonly organisationId: string;
}

/** A budget as it is kept, and what time it is there: all processes go by the database's clock. Times in ms since 1970. */
export interface BudgetRow {
  readonly nowMs: number;
  readonly turns: Turns;
  readonly callsByMonth: Readonly<Record<string, number>>;
  readonly monthlyQuota: number | null;
  /** 0 when the source has not said that the month is used up. */
  readonly exhaustedUntilMs: number;
  readonly silentRefusals: number;
}

/** The budget, made when it is not there, and kept from others until the transaction ends. */
export async function lockBudget(tx: Transaction, key: BudgetKey): Promise<BudgetRow> {
  const row = await select(tx, key).for('update');
  if (row[0]) return toBudget(row[0]);
  await tx.insert(budgets).values(key).onConflictDoNothing();
  const [made] = await select(tx, key).for('update');
  if (!made) throw new Error(`Cannot make the budget of connection "${key.connectionId}"`);
  return toBudget(made);
}

/** The budget; null when no call was ever made. */
export async function readBudget(database: Database, key: BudgetKey): Promise<BudgetRow | null> {
  const [row] = await select(database, key);
  return row ? toBudget(row) : null;
}

export async function saveBudget(
  tx: Transaction,
  key: BudgetKey,
  { turns, callsByMonth, exhaustedUntilMs, silentRefusals }: BudgetRow,
): Promise<void> {
  await tx
    .update(budgets)
    .set({
      ratePerMinute: turns.limit,
      nextCallAt: sql`to_timestamp(${turns.nextCallAtMs / 1000}::float8)`,
      blockedUntil: toInstant(turns.blockedUntilMs),
      askers: turns.askers,
      callsByMonth,
      exhaustedUntil: toInstant(exhaustedUntilMs),
      silentRefusals,
    })
    .where(isOwn(key));
}

function isOwn({ connectionId, organisationId }: BudgetKey) {
  return and(eq(budgets.connectionId, connectionId), eq(budgets.organisationId, organisationId));
}

function select(database: Database | Transaction, key: BudgetKey) {
  return database
    .select({
      nowMs: msOf(sql`clock_timestamp()`),
      limit: budgets.ratePerMinute,
      nextCallAtMs: msOf(budgets.nextCallAt),
      blockedUntil: budgets.blockedUntil,
      askers: budgets.askers,
      callsByMonth: budgets.callsByMonth,
      monthlyQuota: budgets.monthlyQuota,
      exhaustedUntil: budgets.exhaustedUntil,
      silentRefusals: budgets.silentRefusals,
    })
    .from(budgets)
    .where(isOwn(key));
}

/** With fractions: at a fast pace a millisecond is much. */
function msOf(instant: unknown) {
  return sql`extract(epoch from ${instant})::float8 * 1000`.mapWith(Number);
}

function toBudget({
  limit,
  nextCallAtMs,
  blockedUntil,
  askers,
  exhaustedUntil,
  ...rest
}: Awaited<ReturnType<typeof select>>[number]): BudgetRow {
  const turns = { limit, nextCallAtMs, blockedUntilMs: blockedUntil?.getTime() ?? 0, askers };
  return { ...rest, turns, exhaustedUntilMs: exhaustedUntil?.getTime() ?? 0 };
}

function toInstant(ms: number): Date | null {
  return ms === 0 ? null : new Date(ms);
}
