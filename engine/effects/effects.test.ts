import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate } from '../../tests/engine/engine-app.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { newId } from '../protocol/ids.ts';
import { Database } from '../store/database.ts';
import type { Effect } from '../store/rows.ts';
import { Writer } from '../store/writer.ts';
import { Effects } from './effects.ts';

const logger = pino({ level: 'silent' });

describe('effects of events', () => {
  it('that an earlier life of the engine left are carried out once, in order, though they are too many for the memory', async () => {
    const { database, writer } = await openDatabase();
    const stored = Array.from({ length: 4_500 }, () => newEffect('left'));
    await store(writer, stored);

    const done: string[] = [];
    const effects = start(database, async (batch) => {
      done.push(...batch.map(({ eventId }) => eventId));
      await writer.commit({ doneEffects: batch }, 'keep');
    });
    effects.resume();
    const late = newEffect('left');
    await store(writer, [late]);
    effects.carryOut([late]);

    await waitFor(() => done.length >= stored.length + 1, { what: 'all effects', timeoutMs: 20_000 });
    expect(done).toEqual([...stored, late].map(({ eventId }) => eventId));
    await waitFor(async () => (await count(database)) === 0, { what: 'an empty table' });
  });

  it('that cannot be carried out hold up no others, and stay for the next life of the engine', async () => {
    const { database, writer } = await openDatabase();
    const [first, bad, last] = [newEffect('lane'), newEffect('lane'), newEffect('lane')] as const;
    await store(writer, [first, bad, last]);

    const done: string[] = [];
    const effects = start(database, async (batch) => {
      if (batch.some(({ eventId }) => eventId === bad.eventId)) throw new Error('cannot');
      done.push(...batch.map(({ eventId }) => eventId));
      await writer.commit({ doneEffects: batch }, 'keep');
    });
    effects.resume();

    await waitFor(async () => (await count(database)) === 1, { what: 'one effect that is left' });
    expect(done).toEqual([first.eventId, last.eventId]);
  });

  it('of one target do not hold up those of another, however many they are', async () => {
    const { database, writer } = await openDatabase();
    const noisy = Array.from({ length: 3_000 }, () => newEffect('noisy'));
    await store(writer, noisy);
    const release = gate();
    const done: string[] = [];
    const effects = start(database, async (batch) => {
      if (batch[0]?.target === 'noisy') await release.opened;
      done.push(...batch.map(({ eventId }) => eventId));
      await writer.commit({ doneEffects: batch }, 'keep');
    });
    effects.resume();
    const [more, quiet] = [newEffect('noisy'), newEffect('quiet')] as const;
    await store(writer, [more, quiet]);
    effects.carryOut([more, quiet]);

    await waitFor(() => done.length === 1, { what: 'the effect of the quiet target' });
    expect(done).toEqual([quiet.eventId]);
    release.open();
    await waitFor(async () => (await count(database)) === 0, { what: 'an empty table', timeoutMs: 20_000 });
    expect(done.slice(1)).toEqual([...noisy, more].map(({ eventId }) => eventId));
  });
});

async function openDatabase(): Promise<{ database: Database; writer: Writer }> {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, logger);
  onTestFinished(() => database.close());
  return { database, writer: new Writer(database, database.boot, logger) };
}

function newEffect(target: string): Effect {
  return { eventId: newId(), kind: 'cancel', target, beforeId: newId() };
}

async function store(writer: Writer, effects: readonly Effect[]): Promise<void> {
  const events = effects.map(({ eventId }) => ({
    id: eventId,
    externalId: null,
    name: 'shop/test',
    receivedAtMs: Date.now(),
    payload: '{}',
  }));
  await writer.commit({ events, effects }, 'refuse');
}

function start(database: Database, cancel: (effects: readonly Effect[]) => Promise<void>): Effects {
  const effects = new Effects({ database, handlers: { cancel }, logger });
  onTestFinished(() => effects.stop());
  return effects;
}

async function count(database: Database): Promise<number> {
  const [row] = await database.read<{ count: string }>('select count(*) as count from engine.effects', []);
  return Number(row?.count);
}
