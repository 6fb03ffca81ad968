import type { Faults } from '../../../simulator/main.ts';
import type { Random } from '../engine/random.ts';

/** So often a fault strikes: rarely enough that the tries of one item are not used up. */
const share = '0.15';

/** Switches whose fault passes by: the import completes with it, as if nothing had happened. */
const passing: readonly Partial<Faults>[] = [
  { delay: share, delayMs: 300 },
  { status500: share },
  { status502: share },
  { status503: share },
  { htmlBody: share },
  { truncatedJson: share },
  { connectionReset: share },
  { rateLimitStorm: share },
  { rateLimit: 20, rateLimitMode: 'sliding' },
  { rateLimitHeaders: 'refusals' },
  { envelopes: 'documented' },
  { order: 'sorted' },
  { latencyMs: 30 },
  { assetError: share },
  { assetReset: share },
  { assetCut: share },
  { assetSlow: share, assetBytesPerSecond: 200_000 },
  { assetHeadEmpty: 'always' },
  { assetHeadForbidden: 'always' },
  { assetWrongType: share },
  { assetRedirect: share },
  { assetNoRanges: share },
  { assetLatencyMs: 50 },
  { videoTokenScope: 'master' },
  { videoTokenTtlMs: 2_000 },
  { videoTokenSegments: 1 },
  { videoReferer: 'required' },
];

/**
 * Images and documents. Not videos: one whose upload is refused for good comes as a stream instead, with other bytes, and without
 * its poster when that is refused.
 */
const someFiles = '0.5,path:image|pdf';

/** Switches whose fault lasts: the import pauses, or ends without the items that it strikes, until the school is well again. */
const lasting: readonly Partial<Faults>[] = [
  { keyAccess: '401' },
  { keyAccess: '403' },
  // One that answers 429 is told from a limit a minute by minutes of refusals: `budget.test.ts` has the time for it.
  { monthlyQuota: 4, monthlyQuotaAnswer: '403' },
  { assetForbidden: someFiles },
  { assetMissing: someFiles },
  { assetHtml: someFiles },
  { assetEndless: someFiles },
  { videoNotReady: 'always' },
  { videoUrlMissing: 'always' },
];

/** Whoever meets it waits for a minute, as the API's makers advise: for long runs only. */
export const gatewayTimeout: Partial<Faults> = { status504: '0.05' };

/** A school that answers quickly while nothing is wrong. */
export const calm: Partial<Faults> = {
  rateLimit: 6_000,
  rateLimitHeaders: 'always',
  // A refusal lasts as long as the window.
  rateLimitWindowMs: 1_000,
};

export interface Drawn {
  readonly passing: Partial<Faults>;
  /** Null most of the times. */
  readonly lasting: Partial<Faults> | null;
}

/** Some faults at once; a third of the times with one that lasts. */
export function drawFaults(random: Random, more: readonly Partial<Faults>[]): Drawn {
  const drawn = random.shuffled([...passing, ...more]).slice(0, random.between(1, 4));
  const [last = null] = random.between(1, 3) === 1 ? random.shuffled(lasting) : [];
  return { passing: Object.assign({}, calm, ...drawn), lasting: last };
}
