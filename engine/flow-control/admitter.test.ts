import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { newId } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { defineFunction } from '../registry/test-function.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import { Database } from '../store/database.ts';
import { findNextCollections } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import type { Statement } from '../store/statement.ts';
import { type WriteConnection, Writer } from '../store/writer.ts';
import { Admitter } from './admitter.ts';

const logger = pino({ level: 'silent' });
let database: Database;
beforeAll(async () => {
  const { url } = await createTestDatabase('empty');
  database = await Database.open(url, logger);
});
afterAll(() => database.close());

/** Loses the connection now and then, before or after a statement was carried out. */
function unreliable(losses: Iterator<'no' | 'before' | 'after'>): WriteConnection {
  return {
    async write(statement: Statement) {
      const loss = losses.next().value ?? 'no';
      if (loss === 'before') throw new DatabaseUnavailable('lost before');
      const ids = await database.write(statement);
      if (loss === 'after') throw new DatabaseUnavailable('lost after');
      return ids;
    },
    reconnect: async () => undefined,
  };
}

interface Bench {
  /** Ids of events that were stored. */
  store(dataOfAll: readonly Record<string, unknown>[]): Promise<readonly string[]>;
  /** What is stored and not admitted. */
  waiting(): Promise<readonly Effect[]>;
  carryOut(effects: readonly Effect[]): Promise<void>;
  /** Admits what is stored and not admitted, with an admitter that knows of nothing before. */
  admit(): Promise<void>;
  /** Makes runs of all collections, as if their time came now. */
  fire(): Promise<void>;
  runs(): Promise<readonly { id: string; status: string; event_ids: readonly string[] }[]>;
}

function openBench(fn: RegisteredFunction, losses: readonly ('no' | 'before' | 'after')[] = []): Bench {
  const writer = new Writer(unreliable(losses[Symbol.iterator]()), database.boot, logger);
  const admitter = () =>
    new Admitter({
      database,
      writer,
      registry: { find: () => fn },
      cancelRun: async (id) => {
        await database.read(`update engine.runs set status = 'cancelled' where id = $1`, [id]);
      },
      onRunsCreated: () => undefined,
      onRunSkipped: () => undefined,
      onEffects: () => undefined,
      onCollection: () => undefined,
      logger,
    });
  const waiting = () =>
    database.read<Effect & Record<string, unknown>>(
      `select event_id as "eventId", kind, target, before_id as "beforeId" from engine.effects
       where target = $1 order by before_id`,
      [fn.id],
    );
  return {
    async store(dataOfAll) {
      const events = dataOfAll.map((data) => {
        const id = newId();
        const payload = JSON.stringify({ name: 'shop/x', data, id, ts: Date.now(), user: {} });
        return { id, externalId: null, name: 'shop/x', receivedAtMs: Date.now(), payload };
      });
      const effects = events.map(
        ({ id }): Effect => ({ eventId: id, kind: 'admit', target: fn.id, beforeId: newId() }),
      );
      await writer.commit({ events, effects }, 'keep');
      return events.map(({ id }) => id);
    },
    waiting,
    carryOut: (effects) => admitter().carryOut(effects),
    async admit() {
      const effects = await waiting();
      if (effects.length > 0) await admitter().carryOut(effects);
    },
    async fire() {
      // Whatever was stored before is older than this millisecond.
      await new Promise((resolve) => setTimeout(resolve, 2));
      const sql = 'update engine.collections set due_at_ms = $2 where function_id = $1';
      await database.read(sql, [fn.id, Date.now()]);
      const due = await findNextCollections(database, fn.id, 1_000);
      await admitter().fire(
        fn.id,
        due.map(({ key }) => key),
      );
    },
    runs: () =>
      database.read(
        `select id, status, coalesce(event_ids, array[event_id]) as event_ids from engine.runs
         where function_id = $1 order by id`,
        [fn.id],
      ),
  };
}

describe('admitting events', () => {
  it('to batches loses and doubles none, whenever the connection or the engine goes', async () => {
    const loss = fc.constantFrom(
      'no' as const,
      'no' as const,
      'no' as const,
      'before' as const,
      'after' as const,
    );
    const command = fc.oneof(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 }),
      fc.constant('admit' as const),
      fc.constant('fire' as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 3, maxLength: 12 }),
        fc.array(loss, { maxLength: 6 }),
        fc.integer({ min: 2, max: 4 }),
        async (commands, losses, maxSize) => {
          const fn = defineFunction({
            batch: { maxSize, timeoutMs: 3_600_000, key: 'event.data.key', condition: null },
          });
          const { store, admit, fire, runs } = openBench(fn, losses);
          const keys = new Map<string, string>();
          for (const step of commands) {
            if (step === 'admit') await admit();
            else if (step === 'fire') await fire();
            else {
              const ids = await store(step.map((key) => ({ key })));
              for (const [n, id] of ids.entries()) keys.set(id, step[n] ?? '');
            }
          }
          await admit();
          await fire();

          const batches = (await runs()).map(({ event_ids }) => event_ids);
          expect(batches.flat().toSorted()).toEqual([...keys.keys()].toSorted());
          for (const ids of batches) {
            expect(ids.length).toBeLessThanOrEqual(maxSize);
            expect(ids).toEqual(ids.toSorted());
            expect(new Set(ids.map((id) => keys.get(id))).size).toBe(1);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('that have been admitted is not repeated, though somebody asks for it again', async () => {
    const fn = defineFunction({ batch: { maxSize: 10, timeoutMs: 3_600_000, key: null, condition: null } });
    const { store, waiting, carryOut, admit, fire, runs } = openBench(fn);
    const ids = await store([{}, {}]);
    const effects = await waiting();
    await admit();
    await carryOut(effects);
    await fire();

    expect((await runs()).map(({ event_ids }) => event_ids)).toEqual([ids]);
  });

  it('waits with a debounce that is due for events that were received in time', async () => {
    const fn = defineFunction({ debounce: { periodMs: 3_600_000, timeoutMs: null, key: null } });
    const { store, admit, fire, runs } = openBench(fn);
    await store([{}]);
    await admit();
    const [newest = ''] = await store([{}]);

    await fire();
    expect(await runs()).toEqual([]);

    await admit();
    await fire();
    expect((await runs()).map(({ event_ids }) => event_ids)).toEqual([[newest]]);
  });

  it('to a singleton keeps one active run of a key, whatever comes together', async () => {
    const active = async (mode: 'skip' | 'cancel') => {
      const fn = defineFunction({ singleton: { mode, key: 'event.data.key' } });
      const { store, admit, runs } = openBench(fn);
      const ids = await store(['a', 'b', 'a', 'a', 'b'].map((key) => ({ key })));
      await admit();
      const statuses = new Map((await runs()).map(({ event_ids, status }) => [event_ids[0], status]));
      return ids.map((id) => statuses.get(id));
    };

    expect(await active('skip')).toEqual(['running', 'running', 'skipped', 'skipped', 'skipped']);
    expect(await active('cancel')).toEqual(['cancelled', 'cancelled', 'cancelled', 'running', 'running']);
  });
});
