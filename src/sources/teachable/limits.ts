/** The numbers that Teachable's public API sets for us, each with where it comes from. */

/** Rows asked for in a list. docs.teachable.com, "Pagination" shows 20; live clients get 100, and `meta` tells what was given. */
export const coursesPerPage = 100;

/** A list that goes on longer than this repeats itself; 1,000 pages are 100,000 courses. */
export const mostPages = 1_000;

/** Largest answer that is read, in bytes. A lecture's text has at most 100,000 characters in Teachable's newer API. */
export const maxAnswerBytes = 32 * 1024 * 1024;

export const answerTimeouts = { headersMs: 60_000, bodyIdleMs: 30_000 } as const;

/** Wait after a 429 that does not say how long; docs.teachable.com, "Rate limits" counts by the minute. */
export const defaultRateLimitWaitMs = 60_000;

/** Added to a wait that the source asked for, so that not everybody comes back in the same instant. */
export const maxJitterMs = 1_000;

/** A window that ends later than this is no minute's window: the plan's monthly allowance is used up. */
export const monthlyLimitFromMs = 600_000;

/** A gateway that gave up (504) is under load: it recovers in a minute rather than in a second. */
export const defaultGatewayTimeoutWaitMs = 60_000;

/**
 * What the video hosts of Teachable's player ask for: they answer 403 without, because streams are meant for that player.
 */
export const videoRequestHeaders: Readonly<Record<string, string>> = {
  Referer: 'https://player.hotmart.com/',
  Origin: 'https://player.hotmart.com',
};

/** Calls per minute that are allowed to a school, all its tools together. docs.teachable.com, "Rate limits". */
export const documentedCallsPerMinute = 100;

/** The share that we take of the documented limit until the source names its own: room for the school's other tools. */
export const shareOfDocumentedLimit = 0.9;

/** The share that we take of a limit that the source has named. */
export const shareOfNamedLimit = 0.97;

/** Limits outside of this are not believed to be per minute: the header does not say what it counts by. */
export const plausibleCallsPerMinute = { least: 30, most: 6_000 } as const;

/** The window of the limit is a minute. A reset further away belongs to another limit; whole seconds are rounded up. */
export const longestWindowMs = 61_000;

/** A limit below the plausible is believed when its window is seen to last longer than this: it is no limit per second. */
export const surelyNoSecondMs = 10_000;

/** Calls at once before the source has named its limit: a low one is met by one call, not by several. */
export const startBurstCalls = 3;

/** Most calls at once after a pause. Whether windows are fixed or sliding is not documented, so bursts stay small. */
export const mostBurstCalls = 10;

/** Calls may arrive at the source closer together than they were sent, by as much as their ways there differ. */
export const unevenArrivalMs = 1_000;

/** Longest wait in memory for a turn; a longer one is for the caller to spend without holding anything. */
export const maxTurnWaitMs = 1_500;

/** Until a next question that is spent in memory as well: to put a job to sleep costs more. */
export const shortWaitMs = 500;

/** A job that was promised a turn comes back so much earlier, and spends the rest in memory: engines wake up late. */
export const returnLeadMs = 500;

/** Longest line of jobs of one import that were promised a turn. Further ones ask again before its end. */
export const mostPromisedTurns = 100;

/** So many refusals in a row that name no time, each after the pause for the last one, are no minute's limit. */
export const mostSilentRefusals = 3;

/** The share of a monthly quota that imports leave for people and the school's other tools. */
export const reservedShareOfQuota = 0.05;
