import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 20;

/**
 * Waits until the condition yields something else than false, null or undefined, and returns that. A condition that throws is asked again.
 *
 * @param options.what completes "Waited in vain for …"
 * @param options.timeoutMs gives up after this time, 10,000 ms unless told; a failure's limit, not an expectation
 * @throws {Error} when the time is over, with the condition's last error as cause
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, what }: { timeoutMs?: number; what: string },
): Promise<Exclude<T, false | null | undefined>> {
  const deadlineMs = Date.now() + timeoutMs;
  let lastError: unknown;
  do {
    try {
      const value = await condition();
      if (isPresent(value)) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await delay(pollMs);
  } while (Date.now() < deadlineMs);
  throw new Error(`Waited in vain for ${what}: still not so after ${timeoutMs} ms`, { cause: lastError });
}

function isPresent<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
