import { eq } from 'drizzle-orm';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../../simulator/main.ts';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { connect, type Database } from '../../db/client.ts';
import { budgets, connections, defaultOrganisationId } from '../../db/schema/index.ts';
import { isAppError } from '../../errors/app-error.ts';
import { createGuardedFetch } from '../../http/guarded-fetch.ts';
import type { CallBudget } from '../types.ts';
import { createCallBudget } from './budget.ts';
import { createTeachableSource } from './source.ts';

const connectionId = 'con_1';

async function openSchool() {
  const { url } = await createTestDatabase();
  const open = () => {
    const connection = connect(url, { poolSize: 4 });
    onTestFinished(() => connection.close());
    return connection.db;
  };
  const database = open();
  await database.insert(connections).values({
    id: connectionId,
    organisationId: defaultOrganisationId,
    source: 'teachable',
    label: 'School',
    apiUrl: 'http://127.0.0.1/v1',
    encryptedKey: 'x',
    keyFingerprint: 'x',
  });
  return { database, open };
}

function budgetOn(database: Database): CallBudget {
  return createCallBudget({ database, connectionId, organisationId: defaultOrganisationId });
}

async function setRow(database: Database, values: Partial<typeof budgets.$inferInsert>) {
  const row = { connectionId, organisationId: defaultOrganisationId, ratePerMinute: 90, ...values };
  await database.insert(budgets).values(row).onConflictDoUpdate({ target: budgets.connectionId, set: row });
}

async function readRow(database: Database) {
  const [row] = await database.select().from(budgets).where(eq(budgets.connectionId, connectionId));
  if (!row) throw new Error('There is no budget');
  return row;
}

const nothingSaid = { rateLimited: false, limit: null, remaining: null, resetMs: null };

function inMs(durationMs: number): Date {
  return new Date(Date.now() + durationMs);
}

describe('call budget of a school that refuses for the rate', () => {
  it('lets no further call out, from any process, until the school’s wait is over', async () => {
    const { database, open } = await openSchool();
    const simulator = await startSimulator({ port: 0, faults: { rateLimit: 2 } });
    onTestFinished(() => simulator.stop());
    const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
    onTestFinished(() => http.close());
    const sourceOn = (own: Database) =>
      createTeachableSource({
        apiUrl: simulator.apiUrl,
        apiKey: 'sim-key',
        http,
        budget: budgetOn(own),
        log: pino({ level: 'silent' }),
      });
    const source = sourceOn(database);
    await source.listCourses(1);
    await source.listCourses(1);

    const attempts = [source, source, sourceOn(open())].map((each) => () => each.listCourses(1));
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
    }

    expect(simulator.countCalls()).toMatchObject({ rateLimited: 1 });
  });
});

describe('call budget', () => {
  it('starts below the documented limit with the first call', async () => {
    const { database } = await openSchool();

    await budgetOn(database).take();

    expect(await readRow(database)).toMatchObject({ ratePerMinute: 90, blockedUntil: null });
  });

  it('says how long to wait when the next turn is far, and takes none', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    // One call every two seconds and no burst: longer than anybody waits in memory.
    await setRow(database, { ratePerMinute: 30 });
    await budget.take();
    const rowBefore = await readRow(database);

    const error = await budget.take().catch((thrown: unknown) => thrown);

    expect(isAppError(error, 'SOURCE_RATE_LIMITED') && error.retry).toEqual({ afterMs: expect.any(Number) });
    expect((await readRow(database)).nextCallAt).toEqual(rowBefore.nextCallAt);
  });

  it('never gives out more turns than pace and burst allow, whoever asks', async () => {
    const { database, open } = await openSchool();
    await setRow(database, { ratePerMinute: 600 });
    const askers = [budgetOn(database), budgetOn(open()), budgetOn(open())];
    const startedMs = Date.now();

    const answers = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => askers[index % askers.length]?.take()),
    );

    const granted = answers.filter((answer) => answer.status === 'fulfilled').length;
    const turnsOfTheTime = Math.ceil((Date.now() - startedMs) / 100);
    expect(granted).toBeGreaterThanOrEqual(10);
    expect(granted).toBeLessThanOrEqual(10 + turnsOfTheTime + 1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
    }
  });

  it('gives the whole pace to a caller that comes back when it was told to', async () => {
    const { database } = await openSchool();
    await setRow(database, { ratePerMinute: 90, nextCallAt: inMs(60_000) });
    const budget = budgetOn(database);

    const error = await budget.take().catch((thrown: unknown) => thrown);

    // 60 s ahead, less a burst of ten calls that are 667 ms apart.
    const afterMs = isAppError(error) && typeof error.retry === 'object' ? error.retry.afterMs : 0;
    expect(afterMs).toBeGreaterThan(45_000);
    expect(afterMs).toBeLessThanOrEqual(54_000);
  });

  it('stops everybody after a 429 until the time that the source named', async () => {
    const { database, open } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ rateLimited: true, limit: 100, remaining: 0, resetMs: 42_000 });

    const error = await budgetOn(open())
      .take()
      .catch((thrown: unknown) => thrown);
    const afterMs = isAppError(error) && typeof error.retry === 'object' ? error.retry.afterMs : 0;
    expect(afterMs).toBeGreaterThan(20_000);
    expect(afterMs).toBeLessThanOrEqual(42_000);
  });

  it('waits a minute after a 429 that names no time, and at most two minutes after any', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ ...nothingSaid, rateLimited: true });
    const afterSilent = (await readRow(database)).blockedUntil;
    await budget.observe({ ...nothingSaid, rateLimited: true, resetMs: 86_400_000 });
    const afterHuge = (await readRow(database)).blockedUntil;

    expect(afterSilent && afterSilent <= inMs(60_000)).toBe(true);
    expect(afterHuge && afterHuge <= inMs(120_000)).toBe(true);
    expect(afterHuge && afterSilent && afterHuge > afterSilent).toBe(true);
  });

  it('does not shorten a wait when a later answer names a nearer time', async () => {
    const { database } = await openSchool();
    await setRow(database, { blockedUntil: inMs(90_000) });
    const { blockedUntil } = await readRow(database);

    await budgetOn(database).observe({ ...nothingSaid, rateLimited: true, resetMs: 1_000 });

    expect((await readRow(database)).blockedUntil).toEqual(blockedUntil);
  });

  it('stops before the limit is hit when the source says that nothing remains', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ rateLimited: false, limit: null, remaining: 0, resetMs: 30_000 });

    await expect(budget.take()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
  });

  it('follows the limit that the source names, and no implausible one', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ ...nothingSaid, limit: 360 });
    expect((await readRow(database)).ratePerMinute).toBe(345);
    await budget.observe({ ...nothingSaid, limit: 3 });
    expect((await readRow(database)).ratePerMinute).toBe(345);
    await budget.observe({ ...nothingSaid, limit: 100 });
    expect((await readRow(database)).ratePerMinute).toBe(96);
  });

  it('goes on when the block is over', async () => {
    const { database } = await openSchool();
    await setRow(database, { blockedUntil: inMs(-1) });

    await budgetOn(database).take();
  });

  it('waits in memory when the next turn is near', async () => {
    const { database } = await openSchool();
    await setRow(database, { blockedUntil: inMs(200) });

    await budgetOn(database).take();

    const { blockedUntil } = await readRow(database);
    expect(blockedUntil && blockedUntil.getTime() <= Date.now() + 1).toBe(true);
  });
});
