import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callApi, startTestSimulator } from '../test-client.ts';
import { RateLimiter } from './rate-limiter.ts';

const start = Date.parse('2026-11-01T00:00:00Z');

describe('rate limit over HTTP', () => {
  it('refuses the call after the last one, says when to come back, and keeps its word', async () => {
    let now = start;
    const simulator = await startTestSimulator({
      now: () => now,
      faults: { rateLimit: 3, rateLimitWindowMs: 10_000 },
    });
    const statuses = async (calls: number) => {
      const answers = [];
      for (let call = 0; call < calls; call += 1) answers.push(await callApi(simulator, '/courses'));
      return answers;
    };

    const first = await statuses(3);
    now += 4_500;
    const [refused] = await statuses(1);
    now += Number(refused?.headers['ratelimit-reset']) * 1_000;
    const [later] = await statuses(1);

    expect(first.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(first[0]?.headers).not.toHaveProperty('ratelimit-limit');
    expect(refused).toMatchObject({ status: 429, body: '{"message":"API rate limit exceeded"}' });
    expect(refused?.headers).toMatchObject({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '6',
    });
    expect(refused?.headers).not.toHaveProperty('retry-after');
    expect(later?.status).toBe(200);
    expect(simulator.countCalls().rateLimited).toBe(1);
  });

  it('shows the headers on every answer when asked to', async () => {
    const simulator = await startTestSimulator({ now: () => start, faults: { rateLimitHeaders: 'always' } });

    const { headers } = await callApi(simulator, '/courses');

    expect(headers).toMatchObject({
      'ratelimit-limit': '100',
      'ratelimit-remaining': '99',
      'ratelimit-reset': '60',
    });
  });

  it('storms although calls are left', async () => {
    const simulator = await startTestSimulator({ faults: { rateLimitStorm: 'call:2-3' } });

    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await callApi(simulator, '/courses')).status);

    expect(statuses).toEqual([200, 429, 429, 200]);
  });
});

describe('windows', () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat(900), key: fc.constantFrom('a', 'b') }), {
    maxLength: 80,
  });

  it('never let more calls through than they hold, in either mode, for each key alone', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('fixed', 'sliding'),
        (calls, limit, mode) => {
          let now = start;
          const limiter = new RateLimiter(() => now);
          const allowed = new Map<string, number[]>();
          for (const { waitMs, key } of calls) {
            now += waitMs;
            if (limiter.take(key, { calls: limit, windowMs: 1_000, mode }).allowed) {
              allowed.set(key, [...(allowed.get(key) ?? []), now]);
            }
          }
          for (const times of allowed.values()) {
            for (const from of times) {
              const inWindow = times.filter((at) => at >= from && at < from + 1_000).length;
              expect(inWindow).toBeLessThanOrEqual(mode === 'sliding' ? limit : limit * 2);
            }
          }
        },
      ),
    );
  });

  it('open again after the announced reset', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom('fixed', 'sliding'), (calls, mode) => {
        let now = start;
        const limiter = new RateLimiter(() => now);
        const limit = { calls: 2, windowMs: 1_000, mode } as const;
        for (const { waitMs, key } of calls) {
          now += waitMs;
          const decision = limiter.take(key, limit);
          if (decision.allowed) continue;
          now += decision.resetSeconds * 1_000;
          expect(limiter.take(key, limit).allowed).toBe(true);
        }
      }),
    );
  });
});
