import { describe, expect, it } from 'vitest';
import { startEngine } from './main.ts';
import type { EngineOptions } from './options.ts';

const options = { databaseUrl: 'postgres://nowhere', port: 0, sdkUrls: [], eventKeys: [], dev: true };

describe('an engine', () => {
  it.each<[Partial<EngineOptions>, string]>([
    [{ maxStepsPerRun: 20_000 }, 'maxStepsPerRun is 20000, set it to a whole number from 1 to 10000'],
    [{ maxCallsInFlight: 0 }, 'maxCallsInFlight is 0'],
    [{ retryIntervalMs: 1.5 }, 'retryIntervalMs is 1.5'],
    [{ historyMs: Number.NaN }, 'historyMs is NaN'],
  ])('does not start with %j', async (change, says) => {
    await expect(startEngine({ ...options, ...change })).rejects.toThrow(`Cannot start engine: ${says}`);
  });
});
