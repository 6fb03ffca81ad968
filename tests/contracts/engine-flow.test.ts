import { type FailureEventArgs, NonRetriableError } from 'inngest';
import { encodeTime } from 'ulid';
import { describe, expect, it, vi } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed, testKeys } from './engine-app.ts';

describe('the end of a run', () => {
  it('by failure calls onFailure once, with the error and the original event', async () => {
    const failures: unknown[] = [];
    const bed = await startTestBed({
      signed: true,
      functions: (client) => [
        client.createFunction(
          {
            id: 'doomed',
            retries: 0,
            triggers: [{ event: 'shop/doomed' }],
            onFailure: async ({ event, error }: FailureEventArgs) => {
              failures.push({
                message: error.message,
                original: event.data.event.data,
                runId: event.data.run_id,
              });
            },
          },
          async ({ step }) => {
            await step.run('a', () => {
              throw new NonRetriableError('boom');
            });
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/doomed', data: { order: 7 } }));
    await waitFor(() => failures.length > 0, { what: 'the failure handler' });
    const [handlerRun] = await bed.endedRuns(run?.run_id ?? '');

    expect(failures).toEqual([{ message: 'boom', original: { order: 7 }, runId: run?.run_id }]);
    expect(handlerRun?.status).toBe('Completed');
  });

  it('tells functions that listen to finished, failed and cancelled runs', async () => {
    const heard: { name: string; slug: string; status: string; result: unknown }[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'good', triggers: [{ event: 'shop/good' }] }, async () => ({
          fine: true,
        })),
        client.createFunction({ id: 'bad', retries: 0, triggers: [{ event: 'shop/bad' }] }, async () => {
          throw new Error('bad');
        }),
        client.createFunction(
          {
            id: 'listener',
            triggers: [{ event: 'inngest/function.finished' }, { event: 'inngest/function.failed' }],
          },
          async ({ event }) => {
            const { function_id: slug, _inngest, result } = event.data;
            heard.push({ name: event.name, slug, status: _inngest.status, result });
          },
        ),
      ],
    });

    await bed.endedRuns(await bed.send({ name: 'shop/good' }));
    await bed.endedRuns(await bed.send({ name: 'shop/bad' }));
    await waitFor(() => heard.length >= 3, { what: 'three events about ends' });

    expect(heard).toHaveLength(3);
    expect(heard).toContainEqual({
      name: 'inngest/function.finished',
      slug: 'shop-good',
      status: 'Completed',
      result: { fine: true },
    });
    expect(heard.filter((end) => end.slug === 'shop-bad').map((end) => [end.name, end.status])).toEqual(
      expect.arrayContaining([
        ['inngest/function.finished', 'Failed'],
        ['inngest/function.failed', 'Failed'],
      ]),
    );
  });
});

describe('cancellation', () => {
  it('by an event ends the runs that match and no others', async () => {
    const finished: number[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'cancellable',
            triggers: [{ event: 'shop/started' }],
            cancelOn: [{ event: 'shop/stopped', match: 'data.order' }],
          },
          async ({ event, step }) => {
            await step.run('begin', () => null);
            await step.sleep('wait', event.data.order === 1 ? '1h' : '2s');
            await step.run('end', () => finished.push(event.data.order));
          },
        ),
      ],
    });
    const first = await bed.send({ name: 'shop/started', data: { order: 1 } });
    const second = await bed.send({ name: 'shop/started', data: { order: 2 } });

    await bed.send({ name: 'shop/stopped', data: { order: 1 } });

    expect(await bed.endedRuns(first)).toMatchObject([{ status: 'Cancelled', output: {} }]);
    expect(await bed.endedRuns(second)).toMatchObject([{ status: 'Completed' }]);
    expect(finished).toEqual([2]);
  });

  it('does not concern runs that start after it', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'late', triggers: [{ event: 'shop/late' }], cancelOn: [{ event: 'shop/stop' }] },
          async ({ step }) => await step.run('a', () => 'ran'),
        ),
      ],
    });

    const { ids } = await bed.client.send([{ name: 'shop/stop' }, { name: 'shop/late' }]);

    expect(await bed.endedRuns(ids[1] ?? '')).toMatchObject([{ status: 'Completed', output: 'ran' }]);
  });

  it('over the API ignores what a call under way still answers', async () => {
    const release = gate();
    const started = gate();
    let wasCompleted = false;
    const bed = await startTestBed({
      checkpointing: false,
      functions: (client) => [
        client.createFunction({ id: 'busy', triggers: [{ event: 'shop/busy' }] }, async ({ step }) => {
          await step.run('a', async () => {
            started.open();
            await release.opened;
          });
          await step.run('b', () => {
            wasCompleted = true;
          });
        }),
      ],
    });
    const eventId = await bed.send({ name: 'shop/busy' });
    await started.opened;
    const [running] = await bed.runsOf(eventId);

    const answer = await bed.api(`/v1/runs/${running?.run_id}`, { method: 'DELETE' });
    const again = await bed.api(`/v1/runs/${running?.run_id}`, { method: 'DELETE' });
    release.open();
    const [run] = await bed.endedRuns(eventId);

    expect([answer.status, again.status, run?.status]).toEqual([200, 200, 'Cancelled']);
    const after = await bed.endedRuns(await bed.send({ name: 'shop/unheard' }), 0);
    expect(after).toEqual([]);
    expect(wasCompleted).toBe(false);
  });
});

describe('concurrency', () => {
  it('is never exceeded for a key, and a freed place is taken at once', async () => {
    const active = new Map<string, number>();
    const most = new Map<string, number>();
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'narrow',
            triggers: [{ event: 'shop/narrow' }],
            concurrency: [{ limit: 2, key: 'event.data.shop' }, { limit: 3 }],
          },
          async ({ event, step }) => {
            await step.run('work', async () => {
              for (const key of [event.data.shop, 'all']) {
                active.set(key, (active.get(key) ?? 0) + 1);
                most.set(key, Math.max(most.get(key) ?? 0, active.get(key) ?? 0));
              }
              // As many as may be under way at once do come together here.
              await waitFor(() => most.get('all') === 3, { what: 'three calls at once' });
              await new Promise((resolve) => setTimeout(resolve, 10));
              for (const key of [event.data.shop, 'all']) active.set(key, (active.get(key) ?? 0) - 1);
            });
          },
        ),
      ],
    });

    const { ids } = await bed.client.send(
      Array.from({ length: 60 }, (_, n) => ({
        name: 'shop/narrow',
        data: { shop: n % 3 === 0 ? 'small' : 'big' },
      })),
    );
    const runs = await Promise.all(ids.map((id) => bed.endedRuns(id)));

    expect(runs.flat().every((run) => run.status === 'Completed')).toBe(true);
    expect(most.get('small')).toBeLessThanOrEqual(2);
    expect([most.get('big'), most.get('all')]).toEqual([2, 3]);
  });

  it('of one key lets others pass, also when more wait than are kept in memory', async () => {
    const release = gate();
    let blocked = 0;
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'lanes',
            triggers: [{ event: 'shop/lanes' }],
            concurrency: { limit: 1, key: 'event.data.lane' },
          },
          async ({ event, step }) => {
            await step.run('work', async () => {
              if (event.data.lane === 'blocked') await release.opened;
              if (event.data.lane === 'blocked') blocked += 1;
            });
          },
        ),
      ],
    });
    const lane = (name: string, count: number) =>
      Array.from({ length: count }, () => ({ name: 'shop/lanes', data: { lane: name } }));
    const { ids } = await bed.client.send(lane('blocked', 120));

    const [free] = await bed.endedRuns(await bed.send({ name: 'shop/lanes', data: { lane: 'free' } }));
    release.open();
    await Promise.all(ids.map((id) => bed.endedRuns(id)));

    expect(free?.status).toBe('Completed');
    expect(blocked).toBe(120);
  });

  it('may be shared by functions through its scope', async () => {
    let active = 0;
    let most = 0;
    const work = async () => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, 10));
      active -= 1;
    };
    const bed = await startTestBed({
      functions: (client) =>
        ['one', 'two'].map((id) =>
          client.createFunction(
            {
              id,
              triggers: [{ event: 'shop/shared' }],
              concurrency: { limit: 1, key: '"together"', scope: 'account' },
            },
            async ({ step }) => await step.run('work', work),
          ),
        ),
    });

    const { ids } = await bed.client.send(Array.from({ length: 10 }, () => ({ name: 'shop/shared' })));
    await Promise.all(ids.map((id) => bed.endedRuns(id, 2)));

    expect(most).toBe(1);
  });
});

describe('events', () => {
  it('with the same id start a function once, and the answer does not tell', async () => {
    const run = vi.fn(async () => 'ran');
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'once', triggers: [{ event: 'shop/once' }] }, run),
        client.createFunction({ id: 'twice', triggers: [{ event: 'shop/twice' }] }, run),
      ],
    });

    const first = await bed.send({ name: 'shop/once', id: 'order-1' });
    await bed.endedRuns(first);
    const second = await bed.send({ name: 'shop/once', id: 'order-1' });
    const { ids } = await bed.client.send([
      { name: 'shop/twice', id: 'order-2' },
      { name: 'shop/twice', id: 'order-2' },
      { name: 'shop/twice', id: 'order-1' },
    ]);
    await bed.endedRuns(ids[2] ?? '');

    expect(second).not.toBe(first);
    expect((await bed.api(`/v1/events/${second}`)).status).toBe(200);
    expect(await bed.runsOf(second)).toEqual([]);
    expect((await Promise.all(ids.map(bed.runsOf))).map((runs) => runs.length)).toEqual([1, 0, 1]);
  });

  it('with the same seed are the same events', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'seeded', triggers: [{ event: 'shop/seeded' }] }, async () => 'ran'),
      ],
    });
    const post = async () => {
      const response = await fetch(`${bed.engine.url}/e/any`, {
        method: 'POST',
        headers: { 'x-inngest-event-id-seed': `${Date.UTC(2026, 0, 1)},AAAAAAAAAAAAAA==` },
        body: JSON.stringify([{ name: 'shop/seeded' }, { name: 'shop/seeded' }]),
      });
      return (await response.json()) as { ids: string[]; status: number };
    };

    const [first, second] = await Promise.all([post(), post()]);
    const third = await post();
    for (const id of first.ids) await bed.endedRuns(id);

    expect(first.ids).toEqual([seededId(1), seededId(2)]);
    expect([second, third]).toEqual([first, first]);
  });

  it('start at their time if that is in the future', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'future', triggers: [{ event: 'shop/future' }] }, async () => Date.now()),
      ],
    });
    const ts = Date.now() + 1_200;

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/future', ts }));

    expect(run?.output).toBeGreaterThanOrEqual(ts);
  });

  it('start only functions whose expression holds', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'rich', triggers: [{ event: 'shop/paid', if: 'event.data.total > 100' }] },
          async () => 'rich',
        ),
        client.createFunction({ id: 'every', triggers: [{ event: 'shop/paid' }] }, async () => 'every'),
      ],
    });

    const small = await bed.endedRuns(await bed.send({ name: 'shop/paid', data: { total: 10 } }), 1);
    const big = await bed.endedRuns(await bed.send({ name: 'shop/paid', data: { total: 1_000 } }), 2);

    expect(small.map((run) => run.output)).toEqual(['every']);
    expect(big.map((run) => run.output).sort()).toEqual(['every', 'rich']);
  });

  it.each([
    [{ name: '' }, 'event name is empty'],
    [{ name: 'inngest/function.failed' }, 'event name is reserved for internal use: inngest/function.failed'],
    [{ name: 'INNGEST/x' }, 'event name is reserved for internal use: INNGEST/x'],
    [{ name: 'a', id: 7 }, 'event id is not a string'],
    [{ name: 'a', data: [1] }, 'event data is not an object'],
    [{ name: 'a', ts: 1 }, 'event ts is not between 1980 and 2100: 1'],
    [{ name: 'a\0' }, 'event name contains a NUL character'],
  ])('that are not valid are refused, those before them are taken: %j', async (bad, error) => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'fine', triggers: [{ event: 'shop/fine' }] }, async () => 1),
      ],
    });

    const response = await fetch(`${bed.engine.url}/e/any`, {
      method: 'POST',
      body: JSON.stringify([{ name: 'shop/fine' }, bad]),
    });
    const answer = (await response.json()) as { ids: string[]; status: number; error: string };

    expect(response.status).toBe(400);
    expect(answer).toMatchObject({ status: 400, error: expect.stringContaining(error) });
    expect(answer.ids).toHaveLength(1);
    await bed.endedRuns(answer.ids[0] ?? '');
  });

  it('are refused when they are too large', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'fine', triggers: [{ event: 'shop/fine' }] }, async () => 1),
      ],
    });
    const body = JSON.stringify({ name: 'shop/fine', data: { text: 'x'.repeat(3_200_000) } });

    const response = await fetch(`${bed.engine.url}/e/any`, { method: 'POST', body });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: expect.stringContaining('Event is over the max size'),
    });
  });

  it('are refused when the body is not JSON, and an empty list is fine', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'fine', triggers: [{ event: 'shop/fine' }] }, async () => 1),
      ],
    });
    const post = (body: string) => fetch(`${bed.engine.url}/e/any`, { method: 'POST', body });

    const [broken, empty] = await Promise.all([post('{"name":'), post('[]')]);

    expect(broken.status).toBe(400);
    expect(await empty.json()).toEqual({ ids: [''], status: 200 });
  });
});

describe('inspection', () => {
  it('knows events and runs, and says 404 of what it does not know', async () => {
    const bed = await startTestBed({
      signed: true,
      functions: (client) => [
        client.createFunction({ id: 'seen', triggers: [{ event: 'shop/seen' }] }, async () => ({ ok: true })),
      ],
    });
    const id = await bed.send({ name: 'shop/seen', data: { a: 1 }, id: 'mine' });
    const [run] = await bed.endedRuns(id);

    const event = await (await bed.api(`/v1/events/${id}`)).json();
    const found = await (await bed.api(`/v1/runs/${run?.run_id}`)).json();
    const missing = await Promise.all(
      ['/v1/events/nope', '/v1/events/nope/runs', '/v1/runs/nope', '/nope'].map(
        async (path) => (await bed.api(path)).status,
      ),
    );

    expect(event).toMatchObject({ data: { internal_id: id, id: 'mine', name: 'shop/seen', data: { a: 1 } } });
    expect(found).toMatchObject({
      data: { run_id: run?.run_id, event_id: id, status: 'Completed', output: { ok: true } },
    });
    expect(missing).toEqual([404, 404, 404, 404]);
    expect((await bed.api('/healthz')).status).toBe(200);
  });

  it('needs the token when signed', async () => {
    const bed = await startTestBed({
      signed: true,
      functions: (client) => [
        client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => 1),
      ],
    });
    const statusOf = async (path: string, init: RequestInit) =>
      (await fetch(new URL(path, bed.engine.url), init)).status;
    const wrong = { headers: { authorization: `Bearer ${testKeys.signingKey}` } };

    const statuses = await Promise.all([
      statusOf('/fn/register', { method: 'POST', body: '{}', ...wrong }),
      statusOf('/v1/runs/x', wrong),
      statusOf('/v1/runs/x', {}),
      statusOf('/v0/runs/x/actions', wrong),
      statusOf('/v1/checkpoint/x/async', { method: 'POST', body: '{}', ...wrong }),
      statusOf('/dev', wrong),
      statusOf('/e/wrong-key', { method: 'POST', body: '{"name":"shop/x"}' }),
      statusOf(`/e/${testKeys.eventKey}`, { method: 'POST', body: '{"name":"shop/x"}' }),
    ]);

    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 401, 200]);
  });
});

/** The id of the n-th event of a seed of 2026-01-01 and ten zero bytes. */
function seededId(n: number): string {
  return `${encodeTime(Date.UTC(2026, 0, 1), 10)}000000000000000${n}`;
}
