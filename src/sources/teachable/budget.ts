import { setTimeout as delay } from 'node:timers/promises';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { budgets } from '../../db/schema/index.ts';
import { AppError } from '../../errors/app-error.ts';
import { longestRetryAfterMs } from '../../http/retry-timing.ts';
import type { CallBudget } from '../types.ts';
import {
  defaultRateLimitWaitMs,
  documentedCallsPerMinute,
  maxTurnWaitMs,
  mostBurstCalls,
  plausibleCallsPerMinute,
  shareOfNamedLimit,
  startCallsPerMinute,
} from './limits.ts';

export interface CallBudgetOptions {
  readonly database: Database;
  readonly connectionId: string;
  readonly organisationId: string;
}

/**
 * A school's allowance of calls, kept in the database and so shared by every process that calls the school.
 *
 * Calls are paced by the generic cell rate algorithm (ITU-T I.371): `next_call_at` is when the next call is due if all are
 * spread evenly, and a call may come early by the burst that the pace leaves below the limit. Each turn is taken by one
 * conditional update, so turns that are waited for are different turns, whoever waits.
 */
export function createCallBudget({ database, connectionId, organisationId }: CallBudgetOptions): CallBudget {
  const ownRow = and(eq(budgets.connectionId, connectionId), eq(budgets.organisationId, organisationId));
  /** The limit that this instance has written last, to spare a write for each call. */
  let namedLimit: number | null = null;

  /** Takes the next turn if it comes soon; how long until then, or null when it does not or there is no row yet. */
  async function takeTurn(): Promise<number | null> {
    const [turn] = await database
      .update(budgets)
      .set({ nextCallAt: sql`greatest(${budgets.nextCallAt}, ${now}) + ${intervalMs} * ${oneMs}` })
      .where(and(ownRow, sql`${freeAt(budgets.nextCallAt)} <= ${now} + ${maxTurnWaitMs} * ${oneMs}`))
      .returning({
        // The row is the new one here: before, it was one interval earlier.
        waitMs: msUntil(freeAt(sql`(${budgets.nextCallAt} - ${intervalMs} * ${oneMs})`)),
      });
    return turn ? Number(turn.waitMs) : null;
  }

  async function findWait(): Promise<number | null> {
    const [row] = await database
      .select({ waitMs: msUntil(freeAt(budgets.nextCallAt)) })
      .from(budgets)
      .where(ownRow);
    return row ? Number(row.waitMs) : null;
  }

  return {
    async take() {
      let turnMs = await takeTurn();
      if (turnMs === null) {
        const waitMs = await findWait();
        // Room may have come up since: then the next line takes it.
        if (waitMs !== null && waitMs > maxTurnWaitMs) throw noRoom(waitMs);
        if (waitMs === null) {
          await database
            .insert(budgets)
            .values({ connectionId, organisationId, ratePerMinute: startCallsPerMinute })
            .onConflictDoNothing();
        }
        turnMs = await takeTurn();
        if (turnMs === null) throw noRoom((await findWait()) ?? maxTurnWaitMs);
      }
      if (turnMs > 0) await delay(turnMs);
    },

    async observe({ rateLimited, limit, remaining, resetMs }) {
      const usedUp = remaining !== null && remaining <= 0 && resetMs !== null;
      if (rateLimited || usedUp) {
        const blockedMs = Math.min(resetMs ?? defaultRateLimitWaitMs, longestRetryAfterMs);
        const until = sql`${now} + ${blockedMs} * ${oneMs}`;
        await database
          .update(budgets)
          .set({ blockedUntil: sql`greatest(${budgets.blockedUntil}, ${until})` })
          .where(ownRow);
      }
      if (limit !== null && limit !== namedLimit && isPlausible(limit)) {
        namedLimit = limit;
        await database
          .update(budgets)
          .set({ ratePerMinute: Math.floor(limit * shareOfNamedLimit) })
          .where(ownRow);
      }
    },
  };
}

const now = sql`clock_timestamp()`;
const oneMs = sql`interval '1 millisecond'`;

/** Between two calls at the row's pace. */
const intervalMs = sql`(60000.0 / ${budgets.ratePerMinute})`;

/**
 * Calls that may come at once: what the pace leaves below the limit, so that pace and burst together stay within it in any
 * minute. The limit follows from the pace, which is a share of it; until the source has named one it is the documented one.
 */
const burstCalls = sql`least(${mostBurstCalls}, greatest(1, floor(
  case when ${budgets.ratePerMinute} = ${startCallsPerMinute}
    then ${documentedCallsPerMinute}
    else ${budgets.ratePerMinute} / ${shareOfNamedLimit}::numeric
  end - ${budgets.ratePerMinute})))`;

/** When a call may start whose evenly spread time is `dueAt`. */
function freeAt(dueAt: unknown) {
  return sql`greatest(${dueAt} - (${burstCalls} - 1) * ${intervalMs} * ${oneMs}, ${budgets.blockedUntil})`;
}

function msUntil(instant: ReturnType<typeof freeAt>) {
  return sql<number>`ceil(greatest(0, extract(epoch from ${instant} - ${now}) * 1000))::int`;
}

function isPlausible(limit: number): boolean {
  return limit >= plausibleCallsPerMinute.least && limit <= plausibleCallsPerMinute.most;
}

function noRoom(waitMs: number): AppError {
  return new AppError({
    code: 'SOURCE_RATE_LIMITED',
    message: `Cannot call Teachable yet: the school's allowance is used up, the next call is due in ${waitMs} ms`,
    publicMessage: 'Your school allows a limited number of API calls a minute. The import goes on by itself.',
    retry: { afterMs: waitMs },
  });
}
