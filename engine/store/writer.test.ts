import fc from 'fast-check';
import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, query } from '../../tests/support/database.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import type { Run, Step } from '../runs/run.ts';
import type { Wait } from '../waits/wait.ts';
import { DatabaseUnavailable } from './connection.ts';
import { Database } from './database.ts';
import { loadRuns } from './load.ts';
import type { Statement } from './statement.ts';
import { Writer } from './writer.ts';

const logger = pino({ level: 'silent' });

async function openStore() {
  const { url } = await createTestDatabase('empty');
  const database = await Database.open(url, logger);
  onTestFinished(() => database.close());
  return { database, writer: new Writer(database, database.boot, logger) };
}

function newRun(payload = '{}', eventId = newId()): Run {
  return {
    id: newId(),
    functionId: '00000000-0000-4000-8000-000000000001',
    functionVersion: 1,
    eventId,
    event: payload,
    eventBytes: payload.length,
    batch: null,
    concurrency: [],
    steps: new Map(),
    stack: [],
    stateBytes: 0,
    notedStateBytes: 0,
    status: 'running',
    job: { id: newId(), stepId: null, dueAtMs: 1, attempt: 0, generation: 0 },
    jobNumber: 0,
    requestVersion: -1,
    planned: false,
    rediscover: false,
    defers: {},
    output: null,
    error: null,
    endedAtMs: null,
    startedAtMs: null,
    deadlineAtMs: null,
    throttleKey: null,
  };
}

function newStep(run: Run, memo: string): Step {
  const step: Step = {
    id: newId(),
    name: 'step',
    op: 'StepRun',
    status: 'completed',
    memo,
    place: run.stack.length,
    error: null,
    race: false,
    attempts: 1,
    job: null,
    createdAtMs: 1,
    endedAtMs: 1,
    waitsFor: null,
  };
  run.steps.set(step.id, step);
  run.stack.push(step.id);
  return step;
}

function startOf(run: Run, key: string | null = null) {
  const event = { id: run.eventId, externalId: key, name: 'a/b', receivedAtMs: 1, payload: run.event };
  const idempotency = key === null ? null : { key, expiresAtMs: 1_000 };
  return { events: [event], newRuns: [{ run, idempotency }] };
}

describe('the writer', () => {
  it('gives any JSON back as it was', async () => {
    const { database, writer } = await openStore();

    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }), async (values) => {
        const texts = values.map(canonicalJson);
        const run = newRun(texts[0]);
        await writer.commit(startOf(run), 'refuse');
        const steps = texts.map((text) => ({ run, step: newStep(run, text), input: null }));
        await writer.commit({ steps }, 'keep');

        const [loaded] = await loadRuns(database, [run.id]);
        expect(loaded?.event).toBe(texts[0]);
        expect(loaded?.stack.map((id) => loaded.steps.get(id)?.memo)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves no wait behind that is opened and closed in one batch', async () => {
    const { database, writer } = await openStore();
    const waits = ['a', 'b', 'c'].map(
      (stepId): Wait => ({
        kind: 'event',
        runId: newId(),
        stepId,
        name: 'order/paid',
        setId: newId(),
        match: null,
        request: null,
      }),
    );

    const [first, second] = waits;
    await Promise.all([
      // The others come while this one is written, and make a batch.
      writer.commit(startOf(newRun()), 'refuse'),
      writer.commit({ waits }, 'keep'),
      ...[first, second].map((wait) =>
        writer.commit({ doneWaits: wait === undefined ? [] : [wait] }, 'keep'),
      ),
    ]);

    const left = await database.read('select step_id from engine.waits', []);
    expect(left).toEqual([{ step_id: 'c' }]);
  });

  it('starts one run for an event that comes twice, also within one batch', async () => {
    const { writer } = await openStore();
    const eventId = newId();
    const runs = Array.from({ length: 4 }, () => newRun('{}', eventId));

    const committed = await Promise.all(runs.map((run) => writer.commit(startOf(run), 'refuse')));

    const created = runs.filter((run, index) => committed[index]?.createdIds.has(run.id));
    expect(created).toHaveLength(1);
  });

  it('starts one run for an idempotency key until it expires', async () => {
    const { writer } = await openStore();
    const runs = Array.from({ length: 3 }, () => newRun());
    const later = newRun();

    const committed = await Promise.all(runs.map((run) => writer.commit(startOf(run, 'key'), 'refuse')));
    const lateStart = startOf(later, 'key');
    const afterExpiry = await writer.commit(
      { ...lateStart, events: lateStart.events.map((event) => ({ ...event, receivedAtMs: 2_000 })) },
      'refuse',
    );

    expect(runs.filter((run, index) => committed[index]?.createdIds.has(run.id))).toHaveLength(1);
    expect(afterExpiry.createdIds.has(later.id)).toBe(true);
  });

  it('rejects a change that PostgreSQL refuses and writes those beside it', async () => {
    const { database, writer } = await openStore();
    const runs = [newRun(), newRun('not JSON'), newRun()];

    const outcomes = await Promise.allSettled(runs.map((run) => writer.commit(startOf(run), 'keep')));

    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(
      await loadRuns(
        database,
        runs.map((run) => run.id),
      ),
    ).toHaveLength(2);
  });

  it.each(['lock_timeout', 'transaction_timeout', 'statement_timeout'])(
    'waits for a row that somebody else has locked for longer than the %s of the database',
    async (limit) => {
      const { url } = await createTestDatabase('empty');
      // The schema is there before the limit, so that only the writing is under test.
      await (await Database.open(url, logger)).close();
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      onTestFinished(() => other.end());
      await other.query(`alter database ${other.database} set ${limit} = '100ms'`);
      const database = await Database.open(url, logger);
      onTestFinished(() => database.close());
      const writer = new Writer(database, database.boot, logger);
      const run = newRun();
      await writer.commit(startOf(run), 'keep');
      await other.query('begin');
      await other.query('select from engine.runs for update');

      const written = writer.commit({ runs: [run] }, 'keep');
      const isOverdue = () =>
        query(
          url,
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query_start < clock_timestamp() - interval '300 ms'`,
        ).then((waiting) => waiting.length > 0);
      await Promise.race([written, waitFor(isOverdue, { what: 'the writer to wait' })]);
      await other.query('commit');

      await written;
    },
  );

  it('keeps what must not be lost while the database is away, in order, and refuses the rest', async () => {
    const written: Statement[] = [];
    let isAway = true;
    let comeBack: () => void = () => undefined;
    const writer = new Writer(
      {
        async write(statement) {
          if (isAway) throw new DatabaseUnavailable('gone');
          written.push(statement);
          return [];
        },
        reconnect: () =>
          new Promise((resolve) => {
            comeBack = () => {
              isAway = false;
              resolve();
            };
          }),
      },
      1,
      logger,
    );
    const run = newRun();

    const refused = writer.commit(startOf(newRun()), 'refuse');
    const kept = writer.commit({ runs: [run] }, 'keep');
    await expect(refused).rejects.toThrow(DatabaseUnavailable);
    await expect(writer.commit(startOf(newRun()), 'refuse')).rejects.toThrow(DatabaseUnavailable);
    expect(writer.isAvailable).toBe(false);
    comeBack();
    await kept;

    expect(written.map((statement) => statement.values[0])).toEqual([[run.id]]);
    expect(writer.isAvailable).toBe(true);
  });

  it('tries a database that takes no writes until it does, and warns of it once', async () => {
    const warnings: string[] = [];
    const warningLogger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
    let writes = 0;
    const writer = new Writer(
      {
        async write() {
          writes += 1;
          if (writes < 3) throw Object.assign(new Error('No space left on device'), { code: '53100' });
          return [];
        },
        reconnect: async () => undefined,
      },
      1,
      warningLogger,
    );

    await writer.commit({ runs: [newRun()] }, 'keep');

    expect(writes).toBe(3);
    expect(warnings).toHaveLength(1);
  });

  it('rejects all that is not written, the batch under way too, when another engine took over', async () => {
    const taken = new Error('taken over');
    const writer = new Writer(
      {
        write: () => Promise.reject(new DatabaseUnavailable('gone')),
        reconnect: () => Promise.reject(taken),
      },
      1,
      logger,
    );
    const told: Error[] = [];
    writer.onFatal((error) => told.push(error));

    const outcomes = await Promise.allSettled(
      [newRun(), newRun(), newRun()].map((run) => writer.commit({ runs: [run] }, 'keep')),
    );

    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(told).toEqual([taken]);
    expect(writer.isAvailable).toBe(false);
  });
});
