/** How many times the places that are left free somebody may hold. */
const share = 4;

/**
 * How many more places somebody may take, so that not all are taken by one that never gives them back: alone four fifths, two
 * together four ninths each, and there is always one for a newcomer as long as any is free.
 *
 * @param own places held already
 * @param free places that nobody holds
 */
export function mayTake(own: number, free: number): number {
  return Math.max(0, Math.ceil((share * free - own) / (share + 1)));
}
