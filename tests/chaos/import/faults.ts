import type { Faults } from '../../../simulator/main.ts';
import type { Random } from '../engine/random.ts';

/** So often a fault strikes: rarely enough that the tries of one item are not used up. */
const share = '0.15';

/**
 * Every switch of the simulator whose fault passes by: the course has to be the same with it. What is refused for good (a
 * forbidden or missing file, an endless one, a video that is not ready) changes what is imported, and belongs to other tests.
 */
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
  { assetSlow: share, assetBytesPerSecond: 20_000 },
  { assetHeadEmpty: 'always' },
  { assetHeadForbidden: 'always' },
  { assetWrongType: share },
  { assetRedirect: share },
  { assetNoRanges: share },
  { assetLatencyMs: 50 },
  { videoTokenScope: 'master' },
  { videoReferer: 'required' },
];

/** A school that answers quickly while nothing is wrong. */
export const calm: Partial<Faults> = {
  rateLimit: 6_000,
  rateLimitHeaders: 'always',
  // A refusal lasts as long as the window.
  rateLimitWindowMs: 1_000,
};

/** Some faults at once. */
export function drawFaults(random: Random): Partial<Faults> {
  return Object.assign({}, calm, ...random.shuffled(passing).slice(0, random.between(1, 4)));
}
