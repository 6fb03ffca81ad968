import { describe, expect, it } from 'vitest';
import { functionConfig } from '../registry/function-config.ts';
import { toRegisteredFunction } from '../registry/registered-function.ts';
import { CronSchedule } from './schedule.ts';

function cronFunction(cron: string, jitterMs: number | null = null) {
  return toRegisteredFunction(
    {
      id: 'f7b3c8a0-0000-4000-8000-000000000000',
      appId: 'app',
      appName: 'shop',
      version: 1,
      isArchived: false,
    },
    functionConfig.parse({
      slug: 'shop-cron',
      name: 'cron',
      url: 'http://127.0.0.1:1',
      retries: 0,
      eventTriggers: [],
      cronTriggers: [{ cron, jitterMs }],
      concurrency: [],
      cancels: [],
    }),
  );
}

const noonMs = Date.UTC(2026, 6, 1, 12);
const minuteMs = 60_000;

describe('a cron schedule', () => {
  it('fires at its times, once each', () => {
    const schedule = new CronSchedule([cronFunction('*/5 * * * *')], noonMs);

    const fired = [0, 4, 5, 5, 6, 10].map((minutes) => schedule.takeDue(noonMs + minutes * minuteMs).length);

    expect(fired).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('fires once for the newest of the times that nobody asked about', () => {
    const schedule = new CronSchedule([cronFunction('* * * * *')], noonMs);

    const due = schedule.takeDue(noonMs + 10 * minuteMs);

    expect(due.map((firing) => firing.scheduledMs)).toEqual([noonMs + 10 * minuteMs]);
  });

  it('follows the time zone that it names', () => {
    const schedule = new CronSchedule([cronFunction('TZ=Europe/Berlin 0 15 * * *')], noonMs);

    expect(schedule.takeDue(noonMs + 59 * minuteMs)).toEqual([]);
    expect(schedule.takeDue(noonMs + 60 * minuteMs)).toHaveLength(1);
  });

  it('fires later by a jitter that is the same each time', () => {
    const schedule = new CronSchedule([cronFunction('0 * * * *', 60_000)], noonMs);

    const [first] = schedule.takeDue(noonMs + 62 * minuteMs);
    const [second] = schedule.takeDue(noonMs + 122 * minuteMs);
    const delays = [first, second].map((firing) => (firing?.fireMs ?? 0) - (firing?.scheduledMs ?? 0));

    expect(delays[0]).toBe(delays[1]);
    expect(delays[0]).toBeGreaterThanOrEqual(1_000);
    expect(delays[0]).toBeLessThanOrEqual(60_000);
  });
});
