import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { type Connection, connect, type Database } from '../db/client.ts';
import { organisations, outbox } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';
import { defineEvent } from './define-event.ts';
import type { Emit } from './outbox.ts';

const lessonProcess = defineEvent(
  'import/lesson.process',
  z.object({ lessonId: z.string(), organisationId: z.string().optional() }),
);
const lesson = (lessonId: string) => lessonProcess.create({ lessonId });

/** An engine's intake that says what it was sent, and answers as told. */
const intake = {
  events: [] as Array<{ id: string; data: { lessonId: string } }>,
  answers: (_lessonIds: string[]) => 200,
};
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const events = JSON.parse(Buffer.concat(chunks).toString());
  const status = intake.answers(events.map((event: { data: { lessonId: string } }) => event.data.lessonId));
  if (status === 200) intake.events.push(...events);
  const answer = status === 200 ? { ids: events.map(() => 'x'), status } : { ids: [], status, error: 'no' };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});

let connection: Connection;
let database: Database;
let jobs: typeof import('./outbox.ts') & typeof import('./outbox-relay.ts');

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.INNGEST_BASE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.INNGEST_EVENT_KEY = 'eventkey-test';
  process.env.LOG_LEVEL = 'silent';
  jobs = { ...(await import('./outbox.ts')), ...(await import('./outbox-relay.ts')) };
  connection = connect((await createTestDatabase()).url);
  database = connection.db;
});
afterAll(async () => {
  await connection.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  await database.delete(outbox);
  intake.events = [];
  intake.answers = () => 200;
});

const rows = () => database.select().from(outbox).orderBy(outbox.id);
const sentLessons = () => intake.events.map((event) => event.data.lessonId);

/** What a process leaves behind that is killed after its commit and before it can send. */
async function commitAndDie(count: number) {
  const events = Array.from({ length: count }, (_, index) => lesson(`les_${index}`));
  await database.insert(outbox).values(events.map(({ name, data }) => ({ id: newId('outbox'), name, data })));
}

it('commits a change and its events together, sends them at once, with the row’s id', async () => {
  const result = await jobs.withOutbox(database, async (transaction, emit) => {
    await transaction.insert(organisations).values({ id: 'org_new', name: 'New' });
    emit(lesson('les_1'), lesson('les_2'));
    emit(lessonProcess.create({ lessonId: 'les_3', organisationId: 'org_new' }));
    return 'done';
  });

  expect(result).toBe('done');
  expect(sentLessons()).toEqual(['les_1', 'les_2', 'les_3']);
  const stored = await rows();
  expect(stored.map((row) => row.id)).toEqual(intake.events.map((event) => event.id));
  expect(stored).toMatchObject([
    { organisationId: null, attempts: 1 },
    { organisationId: null, attempts: 1 },
    { organisationId: 'org_new', attempts: 1, lastError: null, publishedAt: expect.any(Date) },
  ]);
});

it('keeps and sends nothing when the work fails', async () => {
  const failing = jobs.withOutbox(database, async (transaction, emit) => {
    await transaction.insert(organisations).values({ id: 'org_never', name: 'Never' });
    emit(lesson('les_1'));
    throw new Error('no');
  });

  await expect(failing).rejects.toThrow('no');
  expect(await rows()).toEqual([]);
  expect(await database.$count(organisations, sql`id = 'org_never'`)).toBe(0);
  expect(intake.events).toEqual([]);
});

it('does not bother the caller when the engine does not answer, and notes why', async () => {
  intake.answers = () => 503;

  await jobs.withOutbox(database, async (_transaction, emit) => emit(lesson('les_1')));

  expect(await rows()).toMatchObject([
    { publishedAt: null, attempts: 1, lastError: expect.stringContaining('503') },
  ]);
});

it('sends what a crash left, once', async () => {
  await commitAndDie(3);

  const sweep = () => jobs.sweepOutbox(database, { olderThanMs: 0, limit: 100 });

  expect(await sweep()).toEqual({ published: 3, failed: 0 });
  expect(await sweep()).toEqual({ published: 0, failed: 0 });
  expect(sentLessons()).toEqual(['les_0', 'les_1', 'les_2']);
});

it('leaves young events to who wrote them, and takes no more than asked', async () => {
  await commitAndDie(3);

  expect(await jobs.sweepOutbox(database, { olderThanMs: 60_000, limit: 100 })).toEqual({
    published: 0,
    failed: 0,
  });
  expect(await jobs.sweepOutbox(database, { olderThanMs: 0, limit: 2 })).toEqual({ published: 2, failed: 0 });
});

it('shares the work between processes that sweep at once', async () => {
  await commitAndDie(40);

  const sweeps = await Promise.all(
    [1, 2, 3].map(() => jobs.sweepOutbox(database, { olderThanMs: 0, limit: 20 })),
  );

  const published = sweeps.reduce((sum, sweep) => sum + sweep.published, 0);
  expect(sentLessons()).toHaveLength(published);
  expect(new Set(sentLessons()).size).toBe(published);
});

it('sends many events in requests of some hundreds', async () => {
  const sizes: number[] = [];
  intake.answers = (lessonIds) => {
    sizes.push(lessonIds.length);
    return 200;
  };

  await jobs.withOutbox(database, async (_transaction, emit) => {
    emit(...Array.from({ length: 1_201 }, (_, index) => lesson(`les_${index}`)));
  });

  expect(sizes).toEqual([500, 500, 201]);
  expect(await database.$count(outbox, sql`published_at is null`)).toBe(0);
});

it('does not let one event that the engine refuses hold up the others', async () => {
  await commitAndDie(5);
  intake.answers = (lessonIds) => (lessonIds.includes('les_2') ? 400 : 200);

  const sweep = await jobs.sweepOutbox(database, { olderThanMs: 0, limit: 100 });

  expect(sweep).toEqual({ published: 4, failed: 1 });
  expect(await rows()).toMatchObject([
    { attempts: 1 },
    { attempts: 1 },
    { publishedAt: null, attempts: 1, lastError: expect.stringContaining('400') },
    { attempts: 1 },
    { attempts: 1 },
  ]);
});

it('writes an event with an id of its own once, however often the work is repeated', async () => {
  const work = async (_transaction: unknown, emit: Emit) =>
    emit(lessonProcess.create({ lessonId: 'les_1' }, { id: 'settled-imp_1' }));

  await jobs.withOutbox(database, work);
  await jobs.withOutbox(database, work);

  expect(await rows()).toMatchObject([{ id: 'settled-imp_1' }]);
});

it('forgets what was sent long ago and keeps what was not sent', async () => {
  await jobs.withOutbox(database, async (_transaction, emit) => emit(lesson('les_sent')));
  await commitAndDie(1);
  await database.update(outbox).set({ createdAt: sql`now() - interval '8 days'` });
  await database
    .update(outbox)
    .set({ publishedAt: sql`now() - interval '8 days'` })
    .where(sql`published_at is not null`);

  expect(await jobs.pruneOutbox(database, { olderThanMs: 7 * 86_400_000 })).toBe(1);
  expect(await rows()).toMatchObject([{ publishedAt: null }]);
});

it('is swept by the relay until that is stopped', async () => {
  await commitAndDie(3);
  await database.update(outbox).set({ createdAt: sql`now() - interval '1 minute'` });

  const relay = jobs.startOutboxRelay(database, { intervalMs: 10 });
  await waitFor(() => intake.events.length === 3, { what: 'the relay to send three events' });
  await relay.stop();

  expect(await database.$count(outbox, sql`published_at is null`)).toBe(0);
});
