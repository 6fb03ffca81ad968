import { it } from 'vitest';
import { isExternal } from '../server-under-test.ts';

/**
 * Marks a test of something that our engine does not have yet: it fails as soon as the engine has it, so that no mark is
 * forgotten. With any other server it is an ordinary test.
 */
export function notYet(_feature: string): typeof it {
  return isExternal ? it : (it.fails as typeof it);
}
