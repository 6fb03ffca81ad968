import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { gate } from '../../tests/engine/engine-app.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { firstIdAt, newId } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { defineFunction } from '../registry/test-function.ts';
import { Database } from '../store/database.ts';
import type { Effect } from '../store/rows.ts';
import { Writer } from '../store/writer.ts';
import { Admitter } from './admitter.ts';
import type { Collection } from './collection.ts';
import { DueCollections } from './due-collections.ts';

const logger = pino({ level: 'silent' });
let database: Database;
beforeAll(async () => {
  const { url } = await createTestDatabase('empty');
  database = await Database.open(url, logger);
});
afterAll(() => database.close());

interface Bench {
  readonly admitter: Admitter;
  /** Finds what was collected before, and makes runs of it. */
  start(): void;
  /** Stores an event, received a minute ago, that is not admitted. */
  store(fn: RegisteredFunction): Promise<Effect>;
  /** Stores events that were admitted and waited, each by itself, to become runs, until now. */
  collect(fn: RegisteredFunction, count: number): Promise<void>;
  /** The number of runs that were created. */
  runsOf(fn: RegisteredFunction): number;
}

function openBench(functions: readonly RegisteredFunction[]): Bench {
  const writer = new Writer(database, database.boot, logger);
  const created: string[] = [];
  const admitter = new Admitter({
    database,
    writer,
    registry: { find: (id) => functions.find((fn) => fn.id === id) },
    cancelRun: async () => undefined,
    onRunsCreated: (runs) => created.push(...runs.map(({ functionId }) => functionId)),
    onRunSkipped: () => undefined,
    onEffects: () => undefined,
    onCollection: (functionId, dueAtMs) => collections.note(functionId, dueAtMs),
    logger,
  });
  const collections = new DueCollections({ database, admitter, logger });
  onTestFinished(() => collections.stop());
  const newEvent = () => {
    const id = newId();
    const payload = JSON.stringify({ name: 'shop/x', data: {}, id, ts: Date.now(), user: {} });
    return { id, externalId: null, name: 'shop/x', receivedAtMs: Date.now(), payload };
  };
  return {
    admitter,
    start: () => collections.start(),
    async store(fn) {
      const event = newEvent();
      const beforeId = firstIdAt(Date.now() - 60_000);
      const effect = { eventId: event.id, kind: 'admit' as const, target: fn.id, beforeId };
      await writer.commit({ events: [event], effects: [effect] }, 'keep');
      return effect;
    },
    async collect(fn, count) {
      const events = Array.from({ length: count }, newEvent);
      const waiting = events.map(({ id }, n): [string, Collection] => {
        const dueAtMs = Date.now() - count + n;
        return [id, { eventIds: [id], bytes: 100, newestTsMs: dueAtMs, firstAtMs: dueAtMs, dueAtMs }];
      });
      const admission = {
        functionId: fn.id,
        runs: [],
        takenIds: new Map(),
        rateLimits: new Map(),
        collections: new Map(waiting),
      };
      await writer.commit({ events, admission }, 'keep');
    },
    runsOf: (fn) => created.filter((functionId) => functionId === fn.id).length,
  };
}

const debounce = { periodMs: 200, timeoutMs: null, key: null };

describe('collections that are due', () => {
  it('do not wait for another function with more of them that waits for its events, and those only so long', async () => {
    const [behind, other] = [defineFunction({ debounce }), defineFunction({ debounce })];
    const { admitter, start, store, collect, runsOf } = openBench([behind, other]);
    const effect = await store(behind);
    await collect(behind, 150);
    await collect(other, 1);

    start();
    await waitFor(() => runsOf(other) === 1, { what: 'the run of the other function' });
    expect(runsOf(behind)).toBe(0);

    await admitter.carryOut([effect]);
    await waitFor(() => runsOf(behind) === 151, { what: 'the runs of the function that was behind' });
  });

  it('do not wait for what is under way for another function', async () => {
    const [busy, other] = [defineFunction({ debounce }), defineFunction({ debounce })];
    const { admitter, start, store, collect, runsOf } = openBench([busy, other]);
    const work = gate();
    const turn = admitter.inTurn(busy.id, () => work.opened);
    await collect(busy, 1);
    start();
    await admitter.carryOut([await store(other)]);

    await waitFor(() => runsOf(other) === 1, { what: 'the run of the other function' });
    expect(runsOf(busy)).toBe(0);
    work.open();
    await turn;
    await waitFor(() => runsOf(busy) === 1, { what: 'the run of the function that was busy' });
  });
});
