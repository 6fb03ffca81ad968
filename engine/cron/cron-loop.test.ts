import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { defineFunction } from '../registry/test-function.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import { CronLoop } from './cron-loop.ts';

const noonMs = Date.UTC(2026, 6, 1, 12);
const minuteMs = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  vi.setSystemTime(noonMs);
});
afterEach(() => {
  vi.useRealTimers();
});

function cronFunction(crons: readonly string[], { version = 1, isArchived = false } = {}) {
  const id = 'f7b3c8a0-0000-4000-8000-000000000000';
  const cronTriggers = crons.map((cron) => ({ cron, jitterMs: null }));
  return defineFunction({ slug: 'shop-cron', cronTriggers }, { id, version, isArchived });
}

/** A loop whose database can be away. */
function startLoop(first: RegisteredFunction) {
  let fn = first;
  let isAway = false;
  const listeners: (() => void)[] = [];
  const started: { at: string | null; version: number }[] = [];
  const loop = new CronLoop({
    registry: {
      list: () => (fn.isArchived ? [] : [fn]),
      find: () => fn,
      onChange: (listener) => void listeners.push(listener),
    },
    intake: {
      async startFunction(startedFn, { externalId }) {
        if (isAway) throw new DatabaseUnavailable('away');
        started.push({ at: externalId, version: startedFn?.version ?? 0 });
      },
    },
    clock: Date.now,
    logger: pino({ level: 'silent' }),
  });
  loop.start();
  onTestFinished(() => loop.stop());
  return {
    started,
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    setAway(value: boolean) {
      isAway = value;
    },
    register(changed: RegisteredFunction) {
      fn = changed;
      for (const listener of listeners) listener();
    },
  };
}

describe('the loop of crons', () => {
  it('starts a function once for each time of its cron', async () => {
    const { started, pass } = startLoop(cronFunction(['* * * * *']));

    await pass(2.5 * minuteMs);

    expect(started.map(({ at }) => at)).toEqual(['2026-07-01T12:01:00Z', '2026-07-01T12:02:00Z']);
  });

  it('makes up for the newest firing only of those that passed while the database was away', async () => {
    const { started, pass, setAway } = startLoop(cronFunction(['* * * * *', '0 13 * * *']));
    setAway(true);
    await pass(65.5 * minuteMs);

    setAway(false);
    await pass(minuteMs / 4);

    expect(started.map(({ at }) => at).toSorted()).toEqual(['2026-07-01T13:00:00Z', '2026-07-01T13:05:00Z']);

    await pass(minuteMs);
    expect(started.slice(2).map(({ at }) => at)).toEqual(['2026-07-01T13:06:00Z']);
  });

  it('tries a firing again only until it is stored', async () => {
    const { started, pass, setAway } = startLoop(cronFunction(['0 * * * *']));
    setAway(true);
    await pass(60.1 * minuteMs);
    setAway(false);

    await pass(30 * minuteMs);

    expect(started.map(({ at }) => at)).toEqual(['2026-07-01T13:00:00Z']);
  });

  it.each([
    ['the function is gone', cronFunction(['* * * * *'], { version: 2, isArchived: true })],
    ['the function has another cron', cronFunction(['0 0 1 1 *'], { version: 2 })],
  ])('drops a firing that is not stored when %s', async (_, changed) => {
    const { started, pass, setAway, register } = startLoop(cronFunction(['* * * * *']));
    setAway(true);
    await pass(1.5 * minuteMs);

    register(changed);
    setAway(false);
    await pass(2 * minuteMs);

    expect(started).toEqual([]);
  });

  it('starts the function as it is registered by then', async () => {
    const { started, pass, setAway, register } = startLoop(cronFunction(['* * * * *']));
    setAway(true);
    await pass(1.5 * minuteMs);

    register(cronFunction(['* * * * *'], { version: 2 }));
    setAway(false);
    await pass(minuteMs / 4);

    expect(started).toEqual([{ at: '2026-07-01T12:01:00Z', version: 2 }]);
  });
});
