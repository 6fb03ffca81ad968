import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { DueWatch } from './due-watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('asks less and less often for what cannot be done, whatever is told, and goes on soon when it can', async () => {
  let [rounds, left, isHeldUp] = [0, 300, true];
  const watch = new DueWatch({
    find: async (limit) => Array.from({ length: Math.min(left, limit) }, () => ({ dueAtMs: 0 })),
    handle: async (items) => {
      rounds += 1;
      if (!isHeldUp) left -= items.length;
      return !isHeldUp;
    },
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => watch.stop());
  watch.start();
  for (let n = 0; n < 1_000; n += 1) {
    await vi.advanceTimersByTimeAsync(10);
    watch.note(Date.now());
  }
  expect(rounds).toBeLessThan(20);

  isHeldUp = false;
  await vi.advanceTimersByTimeAsync(1_100);
  expect(left).toBe(0);
});
