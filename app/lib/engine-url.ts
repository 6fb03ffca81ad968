import type { Env } from '../../src/env.ts';

/** Where the engine that runs our jobs shows its runs; null when that is not known, as with Inngest Cloud. */
export function engineUrl(env: Pick<Env, 'ENGINE_PAGES_URL' | 'INNGEST_BASE_URL'>): string | null {
  const base = env.ENGINE_PAGES_URL ?? env.INNGEST_BASE_URL;
  return base === undefined ? null : new URL('/', base).href;
}
