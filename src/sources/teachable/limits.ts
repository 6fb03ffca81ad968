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

/** What we take of them until the source names its limit itself: room for the school's other tools. */
export const startCallsPerMinute = 90;

/** The share that we take of a limit that the source has named. */
export const shareOfNamedLimit = 0.96;

/** Limits outside of this are not believed to be per minute: the header does not say what it counts by. */
export const plausibleCallsPerMinute = { least: 30, most: 6_000 } as const;

/** Most calls at once after a pause. Whether windows are fixed or sliding is not documented, so bursts stay small. */
export const mostBurstCalls = 10;

/** Longest wait in memory for a turn; a longer one is for the caller to spend without holding anything. */
export const maxTurnWaitMs = 1_500;
