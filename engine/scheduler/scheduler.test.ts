import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bench, type Command, followers } from './scheduler-bench.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function startBench(options?: ConstructorParameters<typeof Bench>[0]): Promise<Bench> {
  const bench = new Bench(options);
  onTestFinished(() => bench.stop());
  await bench.settle();
  return bench;
}

const fn = fc.nat({ max: 4 });
const add: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('add'),
  fn,
  count: fc.integer({ min: 1, max: 12 }),
  delayMs: fc.constantFrom(-700, 0, 0, 0, 900, 15_000),
  isOffered: fc.boolean(),
  shop: fc.nat({ max: 2 }),
});
const end: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('end'),
  which: fc.nat(),
  count: fc.integer({ min: 1, max: 8 }),
  follower: fc.constantFrom(...followers),
});
const pass: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('pass'),
  ms: fc.constantFrom(1, 400, 2_000, 11_000),
});
const limit: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('limit'),
  fn,
  limit: fc.integer({ min: 1, max: 5 }),
});
/** What once let a later run go first: jobs that a scan had passed over, and jobs that a room had read out of turn. */
const onceOutOfOrder: Command[][] = [
  [
    { kind: 'add', fn: 3, count: 4, delayMs: -700, isOffered: false, shop: 0 },
    { kind: 'end', which: 0, count: 1, follower: 'step' },
    { kind: 'restart' },
    { kind: 'add', fn: 3, count: 1, delayMs: -700, isOffered: true, shop: 0 },
  ],
  [
    { kind: 'add', fn: 2, count: 1, delayMs: -700, isOffered: false, shop: 0 },
    { kind: 'away', which: 0 },
    { kind: 'add', fn: 4, count: 7, delayMs: -700, isOffered: true, shop: 0 },
    { kind: 'pass', ms: 11_000 },
    { kind: 'away', which: 0 },
  ],
];
const command = fc.oneof(
  { weight: 6, arbitrary: add },
  { weight: 8, arbitrary: end },
  { weight: 3, arbitrary: pass },
  { weight: 1, arbitrary: limit },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('away' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

describe('the scheduler', () => {
  it('keeps limits and order, starts nothing twice, forgets nothing and idles never, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const bench = new Bench();
        try {
          await bench.settle();
          for (const each of commands) await bench.run(each);
          await bench.finishAll();
        } finally {
          bench.stop();
        }
      }),
      { numRuns: 150, examples: onceOutOfOrder.map((commands) => [commands]) },
    );
  }, 120_000);

  it('starts a function at once though another one has 50,000 jobs, and holds few of them', async () => {
    const bench = await startBench({ heldJobs: 400, maxInFlightPerApp: 50 });
    await bench.run({ kind: 'add', fn: 0, count: 50_000, delayMs: -1_000, isOffered: true, shop: 0 });
    await bench.run({ kind: 'add', fn: 1, count: 1, delayMs: 0, isOffered: true, shop: 0 });

    expect(bench.running('narrow')).toBe(1);
    expect(bench.running('plain')).toBe(40);
    const { ready, waiting, scheduled } = bench.counts();
    expect(ready + waiting + scheduled).toBeLessThanOrEqual(400);
  });

  it('lets another app and another function go on while one does not answer', async () => {
    const bench = await startBench({ maxInFlightPerApp: 10 });
    await bench.run({ kind: 'add', fn: 0, count: 30, delayMs: 0, isOffered: true, shop: 0 });
    await bench.run({ kind: 'add', fn: 1, count: 1, delayMs: 0, isOffered: true, shop: 0 });
    await bench.run({ kind: 'add', fn: 3, count: 1, delayMs: 0, isOffered: true, shop: 0 });

    expect([bench.running('plain'), bench.running('narrow'), bench.running('other')]).toEqual([8, 1, 1]);
  });

  it('goes on at once with a function whose gates open though another one waits at 12,000', async () => {
    const bench = await startBench({ heldJobs: 4_000 });
    await bench.run({ kind: 'add', fn: 5, count: 12_000, delayMs: 0, isOffered: true, shop: 'own' });
    await bench.run({ kind: 'add', fn: 1, count: 20, delayMs: 0, isOffered: true, shop: 0 });

    for (let n = 0; n < 15; n += 1) {
      await bench.run({ kind: 'end', which: 0, count: 1, follower: 'none' });
      expect(bench.running('narrow')).toBe(2);
    }
  });

  it('leaves an app alone that is away, but for one call at a time, and goes on when it is back', async () => {
    const bench = await startBench({ maxInFlightPerApp: 4 });
    await bench.run({ kind: 'add', fn: 0, count: 20, delayMs: 0, isOffered: true, shop: 0 });
    expect(bench.running('plain')).toBe(4);
    for (let n = 0; n < 4; n += 1) await bench.run({ kind: 'away', which: 0 });
    const tries = bench.starts;
    expect(bench.running('plain')).toBe(0);

    await bench.run({ kind: 'pass', ms: 700 });
    expect([bench.running('plain'), bench.starts - tries]).toEqual([1, 1]);
    await bench.run({ kind: 'away', which: 0 });
    await bench.run({ kind: 'pass', ms: 700 });
    expect([bench.running('plain'), bench.starts - tries]).toEqual([1, 2]);

    await bench.run({ kind: 'end', which: 0, count: 1, follower: 'none' });
    expect(bench.running('plain')).toBe(4);
  });

  it('tries an app that was away again without waiting for a clock that was put back', async () => {
    const bench = await startBench();
    await bench.run({ kind: 'add', fn: 0, count: 1, delayMs: 0, isOffered: true, shop: 0 });
    await bench.run({ kind: 'away', which: 0 });
    await bench.run({ kind: 'cancel', which: 0 });

    bench.putClockBack(3_600_000);
    await bench.run({ kind: 'add', fn: 1, count: 1, delayMs: 0, isOffered: true, shop: 0 });

    expect(bench.running('narrow')).toBe(1);
  });

  it('calls an app again as soon as it is heard from', async () => {
    const bench = await startBench({ maxInFlightPerApp: 4 });
    await bench.run({ kind: 'add', fn: 0, count: 1, delayMs: 0, isOffered: true, shop: 0 });
    await bench.run({ kind: 'away', which: 0 });
    expect(bench.running('plain')).toBe(0);

    bench.hearFrom('a');
    await bench.settle();

    expect(bench.running('plain')).toBe(1);
  });
});
