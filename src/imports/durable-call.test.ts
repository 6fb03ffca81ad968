import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { durableCall } from './durable-call.ts';

/** What the engine does with steps, in memory: runs each once and keeps what it gave, as JSON. */
function recordSteps() {
  const ids: string[] = [];
  const sleepsMs: number[] = [];
  const step = {
    async run(id: string, body: () => Promise<unknown>) {
      ids.push(id);
      return JSON.parse(JSON.stringify(await body())) as unknown;
    },
    async sleep(id: string, ms: number) {
      ids.push(id);
      sleepsMs.push(ms);
    },
  };
  // The SDK's tools have far more overloads than these two calls need.
  return { ids, sleepsMs, step: step as unknown as Parameters<typeof durableCall>[0] };
}

function refusal(
  afterMs: number,
  code: 'SOURCE_RATE_LIMITED' | 'ASSET_RATE_LIMITED' = 'SOURCE_RATE_LIMITED',
): AppError {
  const message = 'Cannot call: too many calls';
  return new AppError({ code, message, publicMessage: message, retry: { afterMs } });
}

describe('durableCall', () => {
  it('takes one step when nothing is in the way', async () => {
    const { step, ids } = recordSteps();

    expect(await durableCall(step, 'read', async () => ({ lessons: 3 }))).toEqual({ lessons: 3 });
    expect(ids).toEqual(['read']);
  });

  it('sleeps as long as it was asked to, and calls again in a step of its own', async () => {
    const { step, ids, sleepsMs } = recordSteps();
    const refusals = [60_000, 2_000];

    const value = await durableCall(step, 'read', async () => {
      const afterMs = refusals.shift();
      if (afterMs !== undefined) throw refusal(afterMs);
      return null;
    });

    expect(value).toBeNull();
    expect(ids).toEqual(['read', 'read-pause', 'read-2', 'read-pause-2', 'read-3']);
    expect(sleepsMs).toEqual([60_000, 2_000]);
  });

  it('leaves any other error to the step', async () => {
    const { step, ids } = recordSteps();
    const failure = new Error('Something else');

    await expect(durableCall(step, 'read', () => Promise.reject(failure))).rejects.toBe(failure);
    expect(ids).toEqual(['read']);
  });

  it.each(['SOURCE_RATE_LIMITED', 'ASSET_RATE_LIMITED'] as const)(
    'gives up for good when pauses are asked for again and again (%s)',
    async (code) => {
      const { step, ids } = recordSteps();

      const call = durableCall(step, 'read', () => Promise.reject(refusal(1_000, code)));

      await expect(call).rejects.toMatchObject({ code, retry: 'never' });
      expect(ids.length).toBeLessThan(1_000);
    },
  );
});
