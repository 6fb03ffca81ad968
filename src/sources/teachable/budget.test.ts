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
import { nextMonthOf } from './monthly-quota.ts';
import { getBudget, setMonthlyQuota } from './school-budget.ts';
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
  await addConnection(database, connectionId);
  return { database, open };
}

async function addConnection(database: Database, id: string) {
  await database.insert(connections).values({
    id,
    organisationId: defaultOrganisationId,
    source: 'teachable',
    label: 'School',
    apiUrl: 'http://127.0.0.1/v1',
    encryptedKey: 'x',
    keyFingerprint: id,
  });
}

function budgetOn(database: Database, importId: string | null = 'imp_1'): CallBudget {
  return createCallBudget({ database, importId, connectionId, organisationId: defaultOrganisationId });
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

const nothingSaid = { refusal: null, limit: null, remaining: null, resetMs: null };
const refused = { ...nothingSaid, refusal: 'rate' } as const;

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

    const { ratePerMinute, blockedUntil, nextCallAt } = await readRow(database);
    expect({ ratePerMinute, blockedUntil }).toEqual({ ratePerMinute: null, blockedUntil: null });
    expect(nextCallAt <= inMs(60_000 / 90)).toBe(true);
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

    // 60 s ahead, less the burst, and a moment early.
    const afterMs = isAppError(error) && typeof error.retry === 'object' ? error.retry.afterMs : 0;
    expect(afterMs).toBeGreaterThan(45_000);
    expect(afterMs).toBeLessThanOrEqual(59_500);
  });

  it('stops everybody after a 429 until the time that the source named', async () => {
    const { database, open } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ refusal: 'rate', limit: 100, remaining: 0, resetMs: 42_000 });

    const error = await budgetOn(open())
      .take()
      .catch((thrown: unknown) => thrown);
    const afterMs = isAppError(error) && typeof error.retry === 'object' ? error.retry.afterMs : 0;
    expect(afterMs).toBeGreaterThan(20_000);
    expect(afterMs).toBeLessThanOrEqual(42_000);
  });

  it('waits a minute after a 429 that names no time', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe(refused);

    const { blockedUntil } = await readRow(database);
    expect(blockedUntil && blockedUntil > inMs(30_000) && blockedUntil <= inMs(60_000)).toBe(true);
  });

  it('does not shorten a wait when a later answer names a nearer time', async () => {
    const { database } = await openSchool();
    await setRow(database, { blockedUntil: inMs(90_000) });
    const { blockedUntil } = await readRow(database);

    await budgetOn(database).observe({ ...refused, resetMs: 1_000 });

    expect((await readRow(database)).blockedUntil).toEqual(blockedUntil);
  });

  it('stops before the limit is hit when the source says that nothing remains', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ ...nothingSaid, remaining: 0, resetMs: 30_000 });

    await expect(budget.take()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
  });

  it('follows the limit that the source names, and none that cannot be one of a minute', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();
    const limitAfter = async (limit: number, resetMs: number | null) => {
      await budget.observe({ ...nothingSaid, limit, resetMs });
      return (await readRow(database)).ratePerMinute;
    };

    expect(await limitAfter(360, null)).toBe(360);
    expect(await limitAfter(3, null)).toBe(360);
    expect(await limitAfter(3, 1_000)).toBe(360);
    expect(await limitAfter(5_000, 3_600_000)).toBe(360);
    expect(await limitAfter(3, 48_000)).toBe(3);
    expect(await limitAfter(100, 60_000)).toBe(100);
  });

  it('spreads what other tools of the school have left over the rest of the window', async () => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    await budget.observe({ ...nothingSaid, limit: 100, remaining: 3, resetMs: 40_000 });

    await expect(budget.take()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
    const { nextCallAt } = await readRow(database);
    expect(nextCallAt > inMs(5_000) && nextCallAt <= inMs(11_000)).toBe(true);
  });

  it('of one school is not touched by what another school says', async () => {
    const { database } = await openSchool();
    await addConnection(database, 'con_2');
    const other = createCallBudget({
      database,
      importId: 'imp_2',
      connectionId: 'con_2',
      organisationId: defaultOrganisationId,
    });
    await budgetOn(database).observe({ ...refused, limit: 30, resetMs: 60_000 });

    await other.take();

    await expect(budgetOn(database).take()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });
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

describe('a month of calls', () => {
  const month = () => new Date().toISOString().slice(0, 7);
  const nextMonth = () => nextMonthOf(Date.now()).toISOString();
  const context = (database: Database) => ({ database, organisationId: defaultOrganisationId });

  it('counts each turn once, in every process, and none that was refused', async () => {
    const { database, open } = await openSchool();
    await setRow(database, { ratePerMinute: 6_000, callsByMonth: { '2026-01': 7 } });
    const askers = [budgetOn(database), budgetOn(open(), 'imp_2'), budgetOn(open(), null)];
    await Promise.all(Array.from({ length: 12 }, (_, index) => askers[index % 3]?.take()));
    await setRow(database, { blockedUntil: inMs(60_000) });

    await expect(budgetOn(database).take()).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });

    expect((await readRow(database)).callsByMonth).toEqual({ '2026-01': 7, [month()]: 12 });
  });

  it('stops imports before the quota is used up, and leaves the reserve to people', async () => {
    const { database } = await openSchool();
    await setMonthlyQuota(context(database), { connectionId, calls: 40 });
    await setRow(database, { ratePerMinute: 6_000, callsByMonth: { [month()]: 37 } });
    await budgetOn(database).take();

    await expect(budgetOn(database).take()).rejects.toMatchObject({
      code: 'SOURCE_QUOTA_EXHAUSTED',
      retry: 'never',
      message: expect.stringMatching(`38 calls were made .* 38 calls may .* begins at ${nextMonth()}`),
    });
    await budgetOn(database, null).take();
    await budgetOn(database, null).take();
    await expect(budgetOn(database, null).take()).rejects.toMatchObject({ code: 'SOURCE_QUOTA_EXHAUSTED' });

    await setMonthlyQuota(context(database), { connectionId, calls: 80 });
    await budgetOn(database).take();
  });

  it.each([
    ['a refusal that names another limit', [{ ...nothingSaid, refusal: 'quota' }]],
    ['a reset that is days away', [{ ...refused, resetMs: 86_400_000 }]],
    ['the third refusal in a row that names no time', [refused, refused, refused]],
  ] as const)('ends with %s, for all askers, until the source may be asked again', async (_, answers) => {
    const { database } = await openSchool();
    const budget = budgetOn(database);
    await budget.take();

    for (const answer of answers.slice(0, -1)) {
      await budget.observe(answer);
      // A refusal that was under way with the first says nothing new.
      await budget.observe(answer);
      await setRow(database, { blockedUntil: inMs(-1) });
    }
    await expect(budget.observe(answers.at(-1) ?? refused)).rejects.toMatchObject({
      code: 'SOURCE_QUOTA_EXHAUSTED',
      message: expect.stringMatching(`1 calls were made .* begins at ${nextMonth()}`),
    });

    await expect(budgetOn(database, 'imp_2').take()).rejects.toMatchObject({
      code: 'SOURCE_QUOTA_EXHAUSTED',
    });
    await setRow(database, { blockedUntil: inMs(-1), exhaustedUntil: inMs(-1) });
    await budget.take();
    await budget.observe(nothingSaid);
    expect((await readRow(database)).silentRefusals).toBe(0);
  });

  it.each([{ monthlyQuotaAnswer: '403' }, { monthlyQuotaAnswer: '429' }] as const)(
    'that a school has used up is told as such: $monthlyQuotaAnswer',
    async (faults) => {
      const { database } = await openSchool();
      const simulator = await startSimulator({ port: 0, faults: { monthlyQuota: 1, ...faults } });
      onTestFinished(() => simulator.stop());
      const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
      onTestFinished(() => http.close());
      const source = createTeachableSource({
        apiUrl: simulator.apiUrl,
        apiKey: 'sim-key',
        http,
        budget: budgetOn(database),
        log: pino({ level: 'silent' }),
      });
      await source.listCourses(1);

      // The pauses between refusals that name no time are over at once.
      const codes: unknown[] = [];
      for (let refusals = 0; refusals < 3 && !codes.includes('SOURCE_QUOTA_EXHAUSTED'); refusals += 1) {
        codes.push(await source.listCourses(1).catch((error: unknown) => isAppError(error) && error.code));
        await setRow(database, { blockedUntil: inMs(-1) });
      }

      expect(codes.at(-1)).toBe('SOURCE_QUOTA_EXHAUSTED');
      expect(codes).toHaveLength(faults.monthlyQuotaAnswer === '403' ? 1 : 3);
    },
  );

  it('is shown with pace, quota and reserve', async () => {
    const { database } = await openSchool();
    const shown = () => getBudget(context(database), connectionId);
    expect(await shown()).toEqual({
      callsPerMinute: 90,
      limitPerMinute: null,
      usedCalls: 0,
      monthlyQuota: null,
      reservedCalls: 0,
      leftCalls: null,
      nextMonthAt: nextMonth(),
      blockedUntil: null,
    });

    await setMonthlyQuota(context(database), { connectionId, calls: 10_000 });
    const blockedUntil = inMs(60_000);
    await setRow(database, { ratePerMinute: 100, callsByMonth: { [month()]: 12 }, blockedUntil });

    expect(await shown()).toMatchObject({
      callsPerMinute: 97,
      limitPerMinute: 100,
      usedCalls: 12,
      monthlyQuota: 10_000,
      reservedCalls: 500,
      leftCalls: 9_488,
      blockedUntil: blockedUntil.toISOString(),
    });
  });

  it('is nobody else’s, and its quota a whole number', async () => {
    const { database } = await openSchool();
    const stranger = { database, organisationId: 'org_other' };

    await expect(getBudget(stranger, connectionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setMonthlyQuota(stranger, { connectionId, calls: 5 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const calls of [0, -1, 1.5, Number.NaN, 3e9]) {
      await expect(setMonthlyQuota(context(database), { connectionId, calls })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
      });
    }
    await setMonthlyQuota(context(database), { connectionId, calls: null });
  });
});
