import type { BudgetAsker } from '../../db/schema/connections.ts';
import {
  documentedCallsPerMinute,
  maxTurnWaitMs,
  mostBurstCalls,
  mostPromisedTurns,
  returnLeadMs,
  shareOfDocumentedLimit,
  shareOfNamedLimit,
  startBurstCalls,
  unevenArrivalMs,
} from './limits.ts';

/**
 * Who may call a school next, as a rule without a database: times go in and out, in ms since 1970.
 *
 * Calls are paced by the generic cell rate algorithm (ITU-T I.371): `nextCallAtMs` is when the next call is due if all are
 * spread evenly, and a call may come early by a small burst. Askers share the pace: while several of them ask, each is due at its
 * part of it (start-time fair queueing), whatever number of jobs it asks from.
 */
export interface Turns {
  /** Calls a minute that the source has named; null until it has. */
  readonly limit: number | null;
  readonly nextCallAtMs: number;
  /** Nobody calls before then; 0 when nothing is in the way. */
  readonly blockedUntilMs: number;
  readonly askers: Readonly<Record<string, BudgetAsker>>;
}

/** A turn: when the call may start. Or none: when to ask again. */
export type Answer =
  | { readonly kind: 'turn'; readonly startMs: number }
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface Spacing {
  readonly intervalMs: number;
  /** Calls that may come at once after a pause. */
  readonly burstCalls: number;
}

/**
 * The pace for a limit: pace and burst together stay within it in any minute, also when calls arrive up to `unevenArrivalMs`
 * closer together than they were sent. So neither a fixed nor a sliding window is ever overfull.
 */
export function spacingOf(limit: number | null): Spacing {
  if (limit === null) {
    return {
      intervalMs: minuteMs / (documentedCallsPerMinute * shareOfDocumentedLimit),
      burstCalls: startBurstCalls,
    };
  }
  const callsPerMinute = limit * shareOfNamedLimit;
  const spareCalls = limit - callsPerMinute * (1 + unevenArrivalMs / minuteMs);
  return {
    intervalMs: minuteMs / callsPerMinute,
    burstCalls: Math.max(1, Math.min(mostBurstCalls, Math.floor(1 + spareCalls))),
  };
}

/**
 * Gives an asker a turn that comes soon, or tells when to ask again; with what is to be remembered of it. Whoever has to wait is
 * promised a turn behind those of the same asker that wait already, and comes back a moment before it.
 */
export function askForTurn(turns: Turns, name: string, nowMs: number): { turns: Turns; answer: Answer } {
  const { intervalMs, burstCalls } = spacingOf(turns.limit);
  const others = othersOf(turns, name, nowMs, intervalMs);
  const ownIntervalMs = intervalMs * (Object.keys(others).length + 1);
  const asker = turns.askers[name] ?? { dueAtMs: nowMs, promisedAtMs: [] };
  const keep = (own: Omit<BudgetAsker, 'askedAtMs'>, nextCallAtMs = turns.nextCallAtMs): Turns => ({
    ...turns,
    nextCallAtMs,
    askers: { ...others, [name]: { ...own, askedAtMs: nowMs } },
  });

  const freeAtMs = Math.max(nowMs, turns.nextCallAtMs - (burstCalls - 1) * intervalMs, turns.blockedUntilMs);
  const isAlone = ownIntervalMs === intervalMs;
  const isDue = isAlone || asker.dueAtMs - intervalMs / 2 <= freeAtMs;
  // A turn that nobody came for in time is anybody's, and costs nothing.
  const isLeftOver = freeAtMs === nowMs;
  const promised = asker.promisedAtMs.filter((atMs) => atMs > nowMs - ownIntervalMs - forgottenMs);
  const [first = Number.POSITIVE_INFINITY, ...rest] = promised;
  const isBack = first - returnLeadMs - earlyMs <= nowMs;
  const waiting = isBack ? rest : promised;

  const isAllowed = isLeftOver || (isDue && (isBack || freeAtMs + intervalMs <= first));
  if (isAllowed && freeAtMs <= nowMs + maxTurnWaitMs) {
    const earnedMs = isAlone ? freeAtMs : Math.max(asker.dueAtMs, freeAtMs);
    const dueAtMs = isDue ? earnedMs + ownIntervalMs : asker.dueAtMs;
    return {
      turns: keep({ dueAtMs, promisedAtMs: waiting }, Math.max(turns.nextCallAtMs, freeAtMs) + intervalMs),
      answer: { kind: 'turn', startMs: freeAtMs },
    };
  }

  const soonestMs = isDue ? freeAtMs : Math.max(freeAtMs, asker.dueAtMs);
  const last = promised.at(-1) ?? 0;
  if (!isBack && promised.length >= mostPromisedTurns) {
    // Spread, so that they do not come back together; earlier than the last promise, so that the line does not run dry.
    const untilMs = nowMs + (last - nowMs) * (0.5 + Math.random() / 2);
    return { turns: keep({ ...asker, promisedAtMs: promised }), answer: { kind: 'wait', untilMs } };
  }
  // Who came back in vain, because another asker was faster, gets the next place in the line that is free.
  const promisedMs = isBack
    ? firstGap(waiting, soonestMs, intervalMs)
    : Math.max(soonestMs, last + ownIntervalMs);
  return {
    turns: keep({ ...asker, promisedAtMs: [...waiting, promisedMs].sort((left, right) => left - right) }),
    answer: { kind: 'wait', untilMs: Math.max(promisedMs - returnLeadMs, nowMs + leastWaitMs) },
  };
}

/** Puts off the next call, for all askers, so that it starts no earlier. */
export function putOff(turns: Turns, untilMs: number): Turns {
  const { intervalMs, burstCalls } = spacingOf(turns.limit);
  return { ...turns, nextCallAtMs: Math.max(turns.nextCallAtMs, untilMs + (burstCalls - 1) * intervalMs) };
}

const minuteMs = 60_000;

/** No job is put to sleep for less. */
const leastWaitMs = 50;

/** Who comes so much too early has come back all the same. */
const earlyMs = 20;

/** A promised turn that nobody came back for so long after it was due, its job is gone. */
const forgottenMs = 2_000;

/** An asker that has not been heard of for this long, and for a round of turns, is done or busy with something else. */
const activeMs = 1_000;

/** The earliest time from `fromMs` on, around which an interval is free of the sorted times. */
function firstGap(sorted: readonly number[], fromMs: number, intervalMs: number): number {
  return sorted.reduce(
    (atMs, each) => (Math.abs(each - atMs) < intervalMs * 0.9 ? each + intervalMs : atMs),
    fromMs,
  );
}

function othersOf(
  { askers }: Turns,
  name: string,
  nowMs: number,
  intervalMs: number,
): Record<string, BudgetAsker> {
  const entries = Object.entries(askers);
  const since = nowMs - activeMs - entries.length * intervalMs;
  return Object.fromEntries(entries.filter(([other, { askedAtMs }]) => other !== name && askedAtMs > since));
}
