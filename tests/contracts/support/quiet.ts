import { setTimeout as delay } from 'node:timers/promises';
import type { SdkApp } from './sdk-app.ts';

const quietMs = 700;

/**
 * Waits until a function has been called so often and, for a while, no more. Whatever should not start would have started
 * by then: servers start runs within milliseconds, or at the times that a test has waited for.
 */
export async function callsWhenQuiet(app: SdkApp, functionId: string, count: number): Promise<number> {
  let calls = app.callsOf(functionId).length;
  for (;;) {
    await delay(quietMs);
    const now = app.callsOf(functionId).length;
    if (now === calls && now >= count) return now;
    calls = now;
  }
}
