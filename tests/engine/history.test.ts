import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { newId } from '../../engine/protocol/ids.ts';
import { Database } from '../../engine/store/database.ts';
import { Pruner } from '../../engine/store/prune.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { connect, createClient, gate, reserveApp, testEngineOptions } from './engine-app.ts';

const dayMs = 86_400_000;

async function startWithDatabase() {
  const { url: databaseUrl } = await createTestDatabase('empty');
  const app = await reserveApp();
  const options = { ...testEngineOptions(databaseUrl, false), sdkUrls: [app.url] };
  const engine = await startEngine(options);
  onTestFinished(() => engine.stop());
  const client = createClient(engine.url);
  await app.serve(client, [
    client.createFunction({ id: 'short', triggers: [{ event: 'shop/short' }] }, async ({ step }) => {
      await step.run('a', () => 1);
    }),
    client.createFunction(
      {
        id: 'endless',
        triggers: [{ event: 'shop/endless' }],
        cancelOn: [{ event: 'shop/end', match: 'data.n' }],
      },
      async ({ step }) => await step.sleep('long', '30d'),
    ),
  ]);
  const bed = connect(engine, client, app.url);
  await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
    what: 'the registration',
  });
  return { bed, options };
}

describe('history', () => {
  it('that is old enough is deleted; what has not ended stays', async () => {
    const { bed, options } = await startWithDatabase();
    const ended = await bed.send({ name: 'shop/short', id: 'mine' });
    const unheard = await bed.send({ name: 'shop/nobody' });
    const running = await bed.send({ name: 'shop/endless' });
    const [run] = await bed.endedRuns(ended);
    await bed.engine.stop();
    const database = await Database.open(options.databaseUrl, pino({ level: 'silent' }));
    onTestFinished(() => database.close());
    const pruner = new Pruner({
      database,
      limits: { historyMs: 30 * dayMs, historyCount: 1_000 },
      logger: pino({ level: 'silent' }),
    });
    const rows = async () => {
      const [counts] = await database.read<{ events: number; runs: number; steps: number; keys: number }>(
        `select (select count(*) from engine.events) as events, (select count(*) from engine.runs) as runs,
           (select count(*) from engine.steps) as steps, (select count(*) from engine.idempotency) as keys`,
        [],
      );
      return counts;
    };

    await pruner.prune(Date.now() + 29 * dayMs);
    const before = await rows();
    await pruner.prune(Date.now() + 31 * dayMs);
    const after = await rows();

    expect([ended, unheard, running, run?.status]).not.toContain('');
    expect(before).toEqual({ events: 3, runs: 2, steps: 2, keys: 0 });
    expect(after).toEqual({ events: 1, runs: 1, steps: 1, keys: 0 });
  });
});

describe('history that is too much', () => {
  it('is deleted from its oldest end; what has not ended stays', async () => {
    const { bed, options } = await startWithDatabase();
    const running = await bed.send({ name: 'shop/endless' });
    const ended: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const id = await bed.send({ name: 'shop/short' });
      await bed.endedRuns(id);
      ended.push(id);
    }
    const unheard = await bed.send({ name: 'shop/nobody' });
    await bed.engine.stop();
    const database = await Database.open(options.databaseUrl, pino({ level: 'silent' }));
    onTestFinished(() => database.close());
    const pruner = new Pruner({
      database,
      limits: { historyMs: 30 * dayMs, historyCount: 2 },
      logger: pino({ level: 'silent' }),
    });

    await pruner.prune(Date.now());

    const events = await database.read<{ id: string }>('select id from engine.events order by id', []);
    const runs = await database.read<{ event_id: string }>(
      'select event_id from engine.runs order by id',
      [],
    );
    expect(runs.map((run) => run.event_id)).toEqual([running, ...ended.slice(-2)]);
    expect(events.map(({ id }) => id)).toEqual([running, ...ended.slice(-2), unheard]);
  });
});

describe('a restart', () => {
  it('makes calls again that a stop did not wait for', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const app = await reserveApp();
    const options = { ...testEngineOptions(databaseUrl, false), sdkUrls: [app.url] };
    const engine = await startEngine(options);
    const client = createClient(engine.url);
    const never = gate();
    const calls: string[] = [];
    await app.serve(client, [
      client.createFunction(
        { id: 'slow', retries: 0, triggers: [{ event: 'shop/slow' }] },
        async ({ step }) => {
          await step.run('quick', () => calls.push('quick'));
          return await step.run('slow', async () => {
            calls.push('slow');
            if (calls.length === 2) await never.opened;
            return 'done';
          });
        },
      ),
    ]);
    const bed = connect(engine, client, app.url);
    await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
      what: 'the registration',
    });
    const id = await bed.send({ name: 'shop/slow' });
    await waitFor(() => calls.length === 2, { what: 'the slow step' });

    await engine.stop();
    const restarted = await startEngine({ ...options, port: engine.port });
    onTestFinished(() => restarted.stop());

    expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Completed', output: 'done' }]);
    expect(calls).toEqual(['quick', 'slow', 'slow']);
  });

  it('finds what sleeps, and a cancellation reaches it', async () => {
    const { bed, options } = await startWithDatabase();
    const first = await bed.send({ name: 'shop/endless', data: { n: 1 } });
    const second = await bed.send({ name: 'shop/endless', data: { n: 2 } });
    await waitFor(async () => (await bed.runsOf(second)).length === 1, { what: 'both runs' });
    await bed.engine.stop();
    const engine = await startEngine({ ...options, port: bed.engine.port });
    onTestFinished(() => engine.stop());

    await bed.send({ name: 'shop/end', data: { n: 1 } });

    expect(await bed.endedRuns(first)).toMatchObject([{ status: 'Cancelled' }]);
    expect(await bed.runsOf(second)).toMatchObject([{ status: 'Running' }]);
  });

  it('carries out a cancellation that was stored and not done', async () => {
    const { bed, options } = await startWithDatabase();
    const eventId = await bed.send({ name: 'shop/endless', data: { n: 1 } });
    const endId = await bed.send({ name: 'shop/end', data: { n: 9 } });
    await bed.engine.stop();
    const database = await Database.open(options.databaseUrl, pino({ level: 'silent' }));
    // As if the engine had been killed between taking the event and cancelling the run.
    await database.read(
      `update engine.events set payload = jsonb_set(payload::jsonb, '{data,n}', '1')::json where id = $1`,
      [endId],
    );
    await database.read(
      `insert into engine.effects select $1, 'cancel', id::text, $2 from engine.functions where slug = 'shop-endless'
       on conflict do nothing`,
      [endId, newId()],
    );
    await database.close();

    const engine = await startEngine({ ...options, port: bed.engine.port });
    onTestFinished(() => engine.stop());

    expect(await bed.endedRuns(eventId)).toMatchObject([{ status: 'Cancelled' }]);
  });
});
