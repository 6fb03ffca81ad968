import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../simulator/api/rate-limiter.ts';
import { type AnsweredBudget, takeAnswer } from './source-limits.ts';
import { askForTurn, spacingOf } from './turns.ts';

const start = Date.parse('2026-11-01T00:00:00Z');

interface Job {
  readonly asker: string;
  /** From its call to its next question. */
  readonly busyMs: number;
  readonly beginsMs?: number;
}

interface Call {
  readonly asker: string;
  readonly atMs: number;
  /** Questions until the turn. */
  readonly asked: number;
  readonly refused: boolean;
}

interface Circumstances {
  readonly forMs: number;
  /** What the budget believes at first. */
  readonly believed: number | null;
  /** What the school allows, as time goes by. Default: what is believed, and that is never checked. */
  readonly limitAt?: (ms: number) => number;
  readonly mode?: 'fixed' | 'sliding';
  /** Which answers say what the limit is. */
  readonly headers?: 'always' | 'refusals';
  /** So much too late jobs come back at most. */
  readonly lateMs?: number;
  /** How long calls are on their way, in turn. */
  readonly wayMs?: readonly number[];
}

/** Jobs that ask for turn after turn, in virtual time, and a school that counts their calls. */
function runJobs(jobs: readonly Job[], options: Circumstances): Call[] {
  const { lateMs = 0, wayMs = [20], headers = 'refusals' } = options;
  let now = start;
  let budget: AnsweredBudget = {
    turns: { limit: options.believed, nextCallAtMs: start, blockedUntilMs: 0, askers: {} },
    exhaustedUntilMs: 0,
    silentRefusals: 0,
  };
  const school = new RateLimiter(() => now);
  const calls: Call[] = [];

  function ask(job: Job, asked: number): void {
    const { turns, answer } = askForTurn(budget.turns, job.asker, now);
    budget = { ...budget, turns };
    if (answer.kind === 'turn') at(answer.startMs, () => send(job, asked + 1));
    else at(answer.untilMs + ((queue.sequence * 7) % 10) * (lateMs / 10), () => ask(job, asked + 1));
  }

  function send(job: Job, asked: number): void {
    if (budget.turns.blockedUntilMs > now) at(budget.turns.blockedUntilMs, () => ask(job, asked));
    else at(now + (wayMs[queue.sequence % wayMs.length] ?? 0), () => answerCall(job, asked));
  }

  function answerCall(job: Job, asked: number): void {
    const decision = options.limitAt
      ? school.take('key', {
          calls: options.limitAt(now - start),
          windowMs: 60_000,
          mode: options.mode ?? 'fixed',
        })
      : null;
    const refused = decision?.allowed === false;
    calls.push({ asker: job.asker, atMs: now - start, asked, refused });
    if (decision && (refused || headers === 'always')) {
      const { limit, remaining, resetSeconds } = decision;
      const refusal = refused ? 'rate' : null;
      budget = takeAnswer(budget, { refusal, limit, remaining, resetMs: resetSeconds * 1_000 }, now);
    }
    at(now + job.busyMs, () => ask(job, 0));
  }

  const queue = new Agenda();
  const at = (ms: number, action: () => void) => queue.add(ms, action);
  for (const job of jobs) at(start + (job.beginsMs ?? 0), () => ask(job, 0));
  for (let next = queue.next(); next && next.ms <= start + options.forMs; next = queue.next()) {
    now = next.ms;
    next.action();
  }
  return calls;
}

/** What happens when, in virtual time. */
class Agenda {
  sequence = 0;
  #entries: { readonly ms: number; readonly action: () => void }[] = [];

  add(ms: number, action: () => void): void {
    this.sequence += 1;
    const index = this.#entries.findLastIndex((entry) => entry.ms <= ms);
    this.#entries.splice(index + 1, 0, { ms, action });
  }

  next() {
    return this.#entries.shift();
  }
}

function jobsOf(asker: string, count: number, busyMs = 150, beginsMs = 0): Job[] {
  return Array.from({ length: count }, () => ({ asker, busyMs, beginsMs }));
}

function countOf(calls: readonly Call[], asker: string): number {
  return calls.filter((call) => call.asker === asker).length;
}

const schools = {
  mode: fc.constantFrom('fixed' as const, 'sliding' as const),
  headers: fc.constantFrom('always' as const, 'refusals' as const),
  jobs: fc.integer({ min: 1, max: 12 }),
  wayMs: fc.array(fc.integer({ min: 20, max: 900 }), { minLength: 1, maxLength: 20 }),
};

function refusedOf(calls: readonly Call[]): number {
  return calls.filter((call) => call.refused).length;
}

describe('turns', () => {
  it('are never refused by a fixed or a sliding window of the named limit, though calls arrive unevenly', () => {
    fc.assert(
      fc.property(
        fc.record({ ...schools, limit: fc.integer({ min: 1, max: 600 }), lateMs: fc.nat(300) }),
        ({ limit, jobs, ...school }) => {
          const calls = runJobs(jobsOf('a', jobs), {
            ...school,
            believed: limit,
            limitAt: () => limit,
            forMs: 180_000,
          });

          expect(refusedOf(calls)).toBe(0);
          expect(calls.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    [3, 'fixed', 'refusals'],
    [3, 'sliding', 'always'],
    [30, 'sliding', 'refusals'],
    [60, 'fixed', 'refusals'],
    [100, 'fixed', 'refusals'],
    [100, 'sliding', 'always'],
    [360, 'sliding', 'always'],
  ] as const)(
    'are refused once at most by a school that allows %i a minute, %s, and says so on %s',
    (limit, mode, headers) => {
      const calls = runJobs(jobsOf('a', 8), {
        believed: null,
        limitAt: () => limit,
        mode,
        headers,
        forMs: 600_000,
      });

      expect(refusedOf(calls)).toBeLessThanOrEqual(1);
    },
  );

  it.each(['fixed', 'sliding'] as const)(
    'are refused once at most when a limit sinks, and use one that rises (%s)',
    (mode) => {
      for (const headers of ['always', 'refusals'] as const) {
        const calls = runJobs(jobsOf('a', 8), {
          believed: 100,
          limitAt: (ms) => (ms < 130_000 ? 100 : 40),
          mode,
          headers,
          forMs: 600_000,
        });
        expect(refusedOf(calls)).toBeLessThanOrEqual(1);
      }

      const risen = runJobs(jobsOf('a', 8), {
        believed: 40,
        limitAt: (ms) => (ms < 130_000 ? 40 : 360),
        mode,
        headers: 'always',
        forMs: 600_000,
      }).filter(({ atMs }) => atMs > 240_000);
      expect(refusedOf(risen)).toBe(0);
      expect(risen.length * 1.05).toBeGreaterThanOrEqual(360 * 6);
    },
  );

  it.each([
    [3, 8],
    [30, 8],
    [100, 8],
    [100, 2],
    [100, 40],
    [360, 8],
    [600, 8],
  ])('of a limit of %i a minute are used up to a twentieth by %i jobs, with few waits', (limit, count) => {
    const forMs = Math.max(600_000, (60_000 / limit) * 200);

    const calls = runJobs(jobsOf('a', count), { believed: limit, forMs, lateMs: 60 });

    expect((calls.length * 1.05) / ((limit * forMs) / 60_000)).toBeGreaterThanOrEqual(1);
    const asked = calls.map((call) => call.asked);
    expect(asked.reduce((sum, each) => sum + each, 0) / asked.length).toBeLessThan(4);
    expect(Math.max(...asked)).toBeLessThan(40);
  });

  it('come to each of a thousand waiting jobs after a few waits', () => {
    const jobs = jobsOf('a', 1_000, 3_600_000);

    const calls = runJobs(jobs, { believed: 100, forMs: 640_000, lateMs: 60 });

    expect(calls.length).toBeGreaterThan(990);
    expect(Math.max(...calls.map((call) => call.asked))).toBeLessThan(60);
  });

  it.each([3, 30, 100, 600])(
    'of a limit of %i a minute are shared equally by 8 jobs and 2, and by 40 and 3',
    (limit) => {
      for (const [many, few] of [
        [8, 2],
        [40, 3],
      ] as const) {
        const forMs = Math.max(300_000, (60_000 / limit) * 200);
        const jobs = [...jobsOf('large', many), ...jobsOf('small', few, 100, 10_000)];

        const calls = runJobs(jobs, { believed: limit, forMs, lateMs: 60 }).filter(
          ({ atMs }) => atMs > 20_000,
        );

        const share = countOf(calls, 'small') / calls.length;
        expect(share).toBeGreaterThan(0.45);
        expect(share).toBeLessThan(0.55);
        expect((calls.length * 1.05) / ((limit * (forMs - 20_000)) / 60_000)).toBeGreaterThanOrEqual(1);
      }
    },
  );

  it('are all used by an import when the other one ends or wants little', () => {
    const few = { asker: 'small', busyMs: 20_000 };

    const calls = runJobs([...jobsOf('large', 8), few], { believed: 100, forMs: 600_000, lateMs: 60 });

    expect(calls.length * 1.05).toBeGreaterThanOrEqual(1_000);
    const waits = calls.filter(({ asker }) => asker === 'small').map((call) => call.asked);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3);
  });
});

describe('spacing', () => {
  it('keeps 0.97 of a named limit, and 0.9 of the documented one', () => {
    expect(spacingOf(100)).toEqual({ intervalMs: 60_000 / 97, burstCalls: 2 });
    expect(spacingOf(null)).toEqual({ intervalMs: 60_000 / 90, burstCalls: 3 });
  });
});
