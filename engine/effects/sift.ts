import { setImmediate as turn } from 'node:timers/promises';

/** For so long others wait. */
const longestMs = 10;

/** As `filter`, for many items that take a while to look at: others get their turns in between. */
export async function sift<T>(items: readonly T[], test: (item: T) => boolean): Promise<readonly T[]> {
  const kept: T[] = [];
  let beganMs = performance.now();
  for (const item of items) {
    if (performance.now() - beganMs > longestMs) {
      await turn();
      beganMs = performance.now();
    }
    if (test(item)) kept.push(item);
  }
  return kept;
}
