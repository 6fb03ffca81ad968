import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { defineFunction } from '../flow-control/test-function.ts';
import type { NewEvent } from '../intake/plan.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { CronLoop } from './cron-loop.ts';

const minuteMs = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 6, 1, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A loop whose database can be away. */
function startLoop(functions: readonly RegisteredFunction[]) {
  const started: string[] = [];
  const state = { isAway: false, functions, changed: (): void => undefined };
  const loop = new CronLoop({
    registry: {
      list: () => state.functions,
      onChange: (listener) => {
        state.changed = listener;
      },
    },
    intake: {
      startFunction: async (_, event: NewEvent) => {
        if (state.isAway) throw new Error('away');
        started.push(event.externalId ?? '');
      },
    },
    clock: Date.now,
    logger: pino({ level: 'silent' }),
  });
  loop.start();
  onTestFinished(() => loop.stop());
  return { state, started };
}

const everyMinute = defineFunction({ cronTriggers: [{ cron: '* * * * *', jitterMs: null }] });

it('starts a function at each time of its cron', async () => {
  const { started } = startLoop([everyMinute]);

  await vi.advanceTimersByTimeAsync(3 * minuteMs);

  expect(started).toEqual(['2026-07-01T12:01:00Z', '2026-07-01T12:02:00Z', '2026-07-01T12:03:00Z']);
});

it('makes up for no more than the last time when nothing could be started for long', async () => {
  const { started, state } = startLoop([everyMinute]);
  state.isAway = true;
  await vi.advanceTimersByTimeAsync(10 * minuteMs);

  state.isAway = false;
  await vi.advanceTimersByTimeAsync(minuteMs / 2);

  expect(started).toEqual(['2026-07-01T12:10:00Z']);
});

it('forgets what it could not start of a cron that was removed', async () => {
  const { started, state } = startLoop([everyMinute]);
  state.isAway = true;
  await vi.advanceTimersByTimeAsync(2 * minuteMs);

  state.functions = [];
  state.changed();
  state.isAway = false;
  await vi.advanceTimersByTimeAsync(2 * minuteMs);

  expect(started).toEqual([]);
});
