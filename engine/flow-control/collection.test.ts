import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CollectedEvent, type Collection, debounce, gather, isFull } from './collection.ts';

const event = (id: string, receivedAtMs: number, tsMs = receivedAtMs, bytes = 10): CollectedEvent => ({
  id,
  bytes,
  tsMs,
  receivedAtMs,
});

/** Lets events come in one after another, as the engine does: what is due by then is taken out first. */
function play(
  events: readonly CollectedEvent[],
  collect: (pending: Collection | undefined, event: CollectedEvent) => Collection,
  isComplete: (pending: Collection) => boolean = () => false,
): readonly { ids: readonly string[]; atMs: number }[] {
  const runs: { ids: readonly string[]; atMs: number }[] = [];
  let pending: Collection | undefined;
  for (const item of events) {
    if (pending !== undefined && pending.dueAtMs <= item.receivedAtMs) {
      runs.push({ ids: pending.eventIds, atMs: pending.dueAtMs });
      pending = undefined;
    }
    pending = collect(pending, item);
    if (isComplete(pending)) {
      runs.push({ ids: pending.eventIds, atMs: item.receivedAtMs });
      pending = undefined;
    }
  }
  if (pending !== undefined) runs.push({ ids: pending.eventIds, atMs: pending.dueAtMs });
  return runs;
}

const arrivals = fc
  .array(
    fc.record({ gapMs: fc.integer({ min: 0, max: 3_000 }), skewMs: fc.integer({ min: -500, max: 500 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((gaps) => {
    let nowMs = 0;
    return gaps.map(({ gapMs, skewMs }, n) => {
      nowMs += gapMs;
      return event(`e${n}`, nowMs, nowMs + skewMs);
    });
  });

describe('a debounce', () => {
  const setting = { periodMs: 1_000, timeoutMs: null };

  it('ends its wait one period after the newest event, with that event', () => {
    const runs = play([event('a', 0), event('b', 900), event('c', 1_800)], (p, e) => debounce(p, e, setting));

    expect(runs).toEqual([{ ids: ['c'], atMs: 2_800 }]);
  });

  it('is neither replaced nor extended by an event that is older by its own time', () => {
    const runs = play([event('new', 0, 500), event('old', 900, 400)], (p, e) => debounce(p, e, setting));

    expect(runs).toEqual([{ ids: ['new'], atMs: 1_000 }]);
  });

  it('never waits longer than its timeout after the first event', () => {
    const limited = { periodMs: 1_000, timeoutMs: 2_500 };
    fc.assert(
      fc.property(arrivals, (events) => {
        let firstAtMs = 0;
        let pending: Collection | undefined;
        for (const item of events) {
          if (pending === undefined || pending.dueAtMs <= item.receivedAtMs) {
            pending = undefined;
            firstAtMs = item.receivedAtMs;
          }
          pending = debounce(pending, item, limited);
          expect(pending.dueAtMs).toBeLessThanOrEqual(firstAtMs + 2_500);
        }
      }),
    );
  });

  it('starts a run after each pause and none otherwise, always with the newest event since the one before', () => {
    fc.assert(
      fc.property(arrivals, (events) => {
        const ordered = events.map((item) => ({ ...item, tsMs: item.receivedAtMs }));
        const expected = ordered.filter((item, n) => {
          const next = ordered[n + 1];
          return next === undefined || next.receivedAtMs >= item.receivedAtMs + 1_000;
        });

        expect(play(ordered, (p, e) => debounce(p, e, setting)).map(({ ids }) => ids)).toEqual(
          expected.map(({ id }) => [id]),
        );
      }),
    );
  });
});

describe('a batch', () => {
  it('loses and doubles no event, keeps their order, and is neither too large nor too late', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 2, max: 7 }), (events, maxSize) => {
        const runs = play(
          events,
          (p, e) => gather(p, e, { timeoutMs: 2_000 }),
          (p) => isFull(p, { maxSize }),
        );

        expect(runs.flatMap(({ ids }) => ids)).toEqual(events.map(({ id }) => id));
        for (const { ids, atMs } of runs) {
          const first = events.find(({ id }) => id === ids[0]);
          expect(ids.length).toBeLessThanOrEqual(maxSize);
          expect(atMs).toBeLessThanOrEqual((first?.receivedAtMs ?? 0) + 2_000);
        }
      }),
    );
  });

  it('is full when its events are as large as a run may carry', () => {
    const large = gather(
      gather(undefined, event('a', 0, 0, 6 << 20), { timeoutMs: 1 }),
      event('b', 0, 0, 5 << 20),
      {
        timeoutMs: 1,
      },
    );

    expect(isFull(large, { maxSize: 100 })).toBe(true);
  });
});
