import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { connect, createClient, reserveApp, startTestBed, testEngineOptions } from './engine-app.ts';

const sleepers = (client: ReturnType<typeof createClient>) => [
  client.createFunction({ id: 'sleeper', triggers: [{ event: 'shop/sleep' }] }, async ({ step }) => {
    await step.run('before', () => null);
    await step.sleep('night', '1h');
  }),
];

async function get(bed: { api(path: string): Promise<Response> }, path: string) {
  const response = await bed.api(path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the list of events', () => {
  it('is newest first, may be filtered, and goes on where a page ended', async () => {
    const bed = await startTestBed({ functions: sleepers });
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4])
      ids.push(await bed.send({ name: n === 3 ? 'list/other' : 'list/event', data: { n } }));
    const list = async (query: string) => {
      const { body } = await get(bed, `/v1/events?${query}`);
      return (body.data as { internal_id: string; data: { n: number } }[]).map(({ data }) => data.n);
    };

    expect(await list('')).toEqual([4, 3, 2, 1]);
    expect(await list('limit=2')).toEqual([4, 3]);
    expect(await list(`limit=2&cursor=${ids[2]}`)).toEqual([2, 1]);
    expect(await list('name=list/event')).toEqual([4, 2, 1]);
    expect(await list('received_before=2020-01-01T00:00:00Z')).toEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'received_after=yesterday'])('refuses %s', async (query) => {
    const bed = await startTestBed({ functions: sleepers });

    const { status, body } = await get(bed, `/v1/events?${query}`);

    expect([status, body]).toMatchObject([400, { data: null, error: expect.stringContaining('Invalid') }]);
  });
});

describe('what does not exist', () => {
  it('is a 404 in the envelope of errors', async () => {
    const bed = await startTestBed({ functions: sleepers });
    const unknown = [
      ...[
        '/v1/events/01J',
        '/v1/events/01J/runs',
        '/v1/runs/01J',
        '/v1/runs/01J/jobs',
        '/v1/apps/x/functions',
      ],
      ...['/v0/runs/01J/batch', '/v0/runs/01J/actions'],
    ];

    const answers = await Promise.all(unknown.map((path) => get(bed, path)));
    const deleted = await Promise.all(
      ['/v1/runs/01J', '/v1/cancellations/01J'].map((path) => bed.api(path, { method: 'DELETE' })),
    );

    for (const { status, body } of answers)
      expect([status, body]).toEqual([
        404,
        { data: null, status: 404, error: expect.stringMatching('not found') },
      ]);
    expect(deleted.map(({ status }) => status)).toEqual([404, 404]);
  });
});

describe('the jobs of a run', () => {
  it('are what it waits for', async () => {
    const bed = await startTestBed({ functions: sleepers });
    const eventId = await bed.send({ name: 'shop/sleep' });
    const [run] = await waitFor(
      async () => {
        const runs = await bed.runsOf(eventId);
        const { body } = await get(bed, `/v1/runs/${runs[0]?.run_id}/jobs`);
        return (body.data as { kind: string }[])?.some(({ kind }) => kind === 'sleep') ? runs : null;
      },
      { what: 'the run to sleep' },
    );

    const { body } = await get(bed, `/v1/runs/${run?.run_id}/jobs`);

    expect(body.data).toEqual([
      { JobID: expect.any(String), at: expect.any(String), position: 0, kind: 'sleep', attempt: 0 },
    ]);
  });
});

describe('the functions of an app', () => {
  it('are those that it registered', async () => {
    const bed = await startTestBed({ functions: sleepers });

    const { body } = await get(bed, '/v1/apps/shop/functions');

    expect(body.data).toMatchObject([{ slug: 'shop-sleeper', triggers: [{ event: 'shop/sleep' }] }]);
  });
});

describe('cancelling in bulk', () => {
  const request = (extra: object = {}) => ({
    method: 'POST',
    body: JSON.stringify({
      app_id: 'shop',
      function_id: 'sleeper',
      started_before: new Date().toISOString(),
      ...extra,
    }),
  });

  it('ends the runs that match and no others, whatever they wait for', async () => {
    const bed = await startTestBed({ functions: sleepers });
    const ids = await Promise.all([1, 2, 3].map((n) => bed.send({ name: 'shop/sleep', data: { n } })));

    const answer = await bed.api('/v1/cancellations', request({ if: 'event.data.n != 2' }));
    const { data } = (await answer.json()) as { data: Record<string, string> };

    expect(data).toMatchObject({ function_id: 'shop-sleeper', if: 'event.data.n != 2' });
    await Promise.all([ids[0], ids[2]].map((id) => bed.endedRuns(id ?? '')));
    expect(await bed.runsOf(ids[1] ?? '')).toMatchObject([{ status: 'Running' }]);
    const list = (await get(bed, '/v1/cancellations')).body.data;
    expect(list).toMatchObject([{ id: data.id }]);
    expect((await bed.api(`/v1/cancellations/${data.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await get(bed, '/v1/cancellations')).body.data).toEqual([]);
  });

  it('leaves runs alone that were scheduled outside of its time', async () => {
    const bed = await startTestBed({ functions: sleepers });
    const id = await bed.send({ name: 'shop/sleep' });

    const before = await bed.api('/v1/cancellations', request({ started_before: '2020-01-01T00:00:00Z' }));
    const after = await bed.api('/v1/cancellations', request({ started_after: new Date().toISOString() }));

    expect([before.status, after.status]).toEqual([200, 200]);
    expect(await bed.runsOf(id)).toMatchObject([{ status: 'Running' }]);
  });

  it('is carried out after a restart when it was stored and not done', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const app = await reserveApp();
    const options = { ...testEngineOptions(databaseUrl, false), sdkUrls: [app.url] };
    const engine = await startEngine(options);
    const client = createClient(engine.url);
    await app.serve(client, sleepers(client));
    const bed = connect(engine, client, app.url);
    await waitFor(async () => (await get(bed, '/v1/apps/shop/functions')).status === 200, {
      what: 'the app',
    });
    const id = await bed.send({ name: 'shop/sleep' });
    await bed.api('/v1/cancellations', request({ if: 'event.data.n == 1' }));
    await engine.stop();
    // As if the engine had been killed before it carried the request out.
    await query(databaseUrl, 'update engine.bulk_cancellations set done_at_ms = null, expression = null');

    const restarted = await startEngine({ ...options, port: engine.port });
    onTestFinished(() => restarted.stop());

    expect(await bed.endedRuns(id)).toMatchObject([{ status: 'Cancelled' }]);
  });

  it.each([
    ['an unknown function', { function_id: 'nope' }, 404, 'function not found'],
    ['an expression that does not compile', { if: 'event.data.' }, 400, 'invalid expression'],
    ['a time to come', { started_before: '2090-01-01T00:00:00Z' }, 400, 'must be in the past'],
    ['no time', { started_before: undefined }, 400, 'started_before'],
    ['times the wrong way round', { started_after: '2090-01-01T00:00:00Z' }, 400, 'must be before'],
  ])('refuses %s', async (_, extra, status, reason) => {
    const bed = await startTestBed({ functions: sleepers });

    const answer = await bed.api('/v1/cancellations', request(extra));

    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(reason)]);
  });
});
