import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gate } from './support/gate.ts';
import { startApp } from './support/sdk-app.ts';

/**
 * Counts what is at work at the same time, for each name. The first to come wait until as many as `together` have met, so
 * that it does not depend on anybody's speed whether a limit is used up.
 */
function meter(together = 1) {
  const active = new Map<string, number>();
  const most = new Map<string, number>();
  const met = gate();
  let total = 0;
  return {
    most: (name: string) => most.get(name) ?? 0,
    async work(...names: string[]): Promise<void> {
      total += 1;
      for (const name of names) {
        const now = (active.get(name) ?? 0) + 1;
        active.set(name, now);
        most.set(name, Math.max(most.get(name) ?? 0, now));
      }
      if (total >= together) met.open();
      await met.opened;
      await delay(20);
      for (const name of names) active.set(name, (active.get(name) ?? 0) - 1);
      total -= 1;
    },
  };
}

describe.concurrent('a concurrency limit', () => {
  it.each([true, false])(
    'of a function is never exceeded, and used (checkpointing: %s)',
    async (checkpointing) => {
      const { most, work } = meter(3);
      const app = await startApp(
        ({ client, event }) => [
          client.createFunction(
            { id: 'fn', triggers: [{ event: event('go') }], concurrency: 3 },
            async ({ step }) => {
              await step.run('a', () => work('all'));
              await step.run('b', () => work('all'));
            },
          ),
        ],
        { checkpointing },
      );

      const ids = await app.sendAll(Array.from({ length: 12 }, () => ({ name: 'go' })));
      const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

      expect(ends.every(({ status }) => status === 'COMPLETED')).toBe(true);
      expect(most('all')).toBe(3);
    },
  );

  it('counts parallel steps of one run too', async () => {
    const { most, work } = meter(2);
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], concurrency: 2 },
        async ({ step }) => {
          await Promise.all([1, 2, 3, 4, 5, 6].map((n) => step.run(`part-${n}`, () => work('parts'))));
        },
      ),
    ]);

    expect((await app.run({ name: 'go' })).status).toBe('COMPLETED');
    expect(most('parts')).toBe(2);
  });

  it('of a key counts for each of its values, and both of two limits have to have room', async () => {
    const { most, work } = meter(3);
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [{ event: event('go') }],
          concurrency: [{ limit: 2, key: 'event.data.shop' }, { limit: 3 }],
        },
        async ({ event, step }) => {
          await step.run('work', () => work(String(event.data.shop), 'all'));
        },
      ),
    ]);

    const ids = await app.sendAll(
      Array.from({ length: 18 }, (_, n) => ({ name: 'go', data: { shop: n % 3 === 0 ? 'small' : 'big' } })),
    );
    const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(ends.every(({ status }) => status === 'COMPLETED')).toBe(true);
    expect(most('small')).toBeLessThanOrEqual(2);
    expect(most('big')).toBeLessThanOrEqual(2);
    expect(most('all')).toBe(3);
  });

  it('of one key lets others pass', async () => {
    const release = gate();
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        {
          id: 'fn',
          triggers: [{ event: event('go') }],
          concurrency: { limit: 1, key: 'event.data.lane' },
        },
        async ({ event }) => {
          if (event.data.lane === 'blocked') await release.opened;
        },
      ),
    ]);
    const lane = (name: string) => ({ name: 'go', data: { lane: name } });
    const blocked = await app.sendAll(Array.from({ length: 30 }, () => lane('blocked')));

    const free = await app.run(lane('free'));
    const whileBlocked = app.calls.filter((call) => call.body.event.data.lane === 'blocked').length;
    release.open();
    await Promise.all(blocked.map((eventId) => app.ended(eventId)));

    expect(free.status).toBe('COMPLETED');
    expect(whileBlocked).toBeLessThanOrEqual(1);
  });

  it('is not used by runs that sleep', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go') }], concurrency: 1 },
        async ({ event, step }) => await step.sleep('nap', String(event.data.nap)),
      ),
    ]);
    const long = await app.send({ name: 'go', data: { nap: '1h' } });
    await app.runId(long);

    const short = await app.run({ name: 'go', data: { nap: '1s' } });

    expect(short.status).toBe('COMPLETED');
  });

  it.each(['env', 'account'] as const)(
    'of scope %s is shared by functions and apps with the same key',
    async (scope) => {
      const { most, work } = meter();
      const key = `"shared-${scope}-${Date.now()}"`;
      const define = () =>
        startApp(({ client, event }) =>
          ['one', 'two'].map((id) =>
            client.createFunction(
              { id, triggers: [{ event: event('go') }], concurrency: { limit: 1, key, scope } },
              async ({ step }) => await step.run('work', () => work('all')),
            ),
          ),
        );
      const apps = [await define(), await define()];

      const runs = apps.map(async (app) => {
        const ids = await app.sendAll([{ name: 'go' }, { name: 'go' }, { name: 'go' }]);
        return await Promise.all(
          ids.flatMap((eventId) => ['one', 'two'].map((id) => app.ended(eventId, id))),
        );
      });
      const ends = (await Promise.all(runs)).flat();

      expect(ends).toHaveLength(12);
      expect(most('all')).toBe(1);
    },
  );

  it('of scope fn is not shared by functions with the same key', async () => {
    const release = gate();
    const app = await startApp(({ client, event }) =>
      ['one', 'two'].map((id) =>
        client.createFunction(
          { id, triggers: [{ event: event(id) }], concurrency: { limit: 1, key: '"same"', scope: 'fn' } },
          async () => {
            if (id === 'one') await release.opened;
          },
        ),
      ),
    );
    const blocked = await app.send({ name: 'one' });
    await app.runId(blocked);

    const other = await app.run({ name: 'two' });
    release.open();
    await app.ended(blocked);

    expect(other.status).toBe('COMPLETED');
  });

  it('uses up no attempts while runs wait', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', retries: 0, triggers: [{ event: event('go') }], concurrency: 1 },
        async ({ attempt }) => {
          await delay(20);
          return attempt;
        },
      ),
    ]);

    const ids = await app.sendAll(Array.from({ length: 8 }, () => ({ name: 'go' })));
    const ends = await Promise.all(ids.map((eventId) => app.ended(eventId)));

    expect(ends.map(({ output }) => output)).toEqual(Array(8).fill(0));
  });
});
