import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { startOwnDatabaseServer } from '../support/embedded.ts';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed, testEngineOptions, testKeys } from './engine-app.ts';
import { type Family, parsePrometheus } from './prometheus.ts';

async function readMetrics(bed: { api(path: string): Promise<Response> }) {
  const response = await bed.api('/metrics');
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  return parsePrometheus(await response.text());
}

function sampleOf(families: ReadonlyMap<string, Family>, name: string, labels: Record<string, string> = {}) {
  const family = [...families.values()].find(({ samples }) => samples.some((sample) => sample.name === name));
  return family?.samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

describe('metrics', () => {
  it('count what happened, in the text format of Prometheus', async () => {
    const release = gate();
    const bed = await startTestBed({
      signed: true,
      functions: (client) => [
        client.createFunction({ id: 'good', triggers: [{ event: 'shop/good' }] }, async ({ step }) => {
          await step.run('a', () => null);
        }),
        client.createFunction({ id: 'bad', retries: 1, triggers: [{ event: 'shop/bad' }] }, async () => {
          throw new Error('bad');
        }),
        client.createFunction({ id: 'sleepy', triggers: [{ event: 'shop/sleepy' }] }, async ({ step }) => {
          await step.sleep('night', '1h');
        }),
        client.createFunction({ id: 'slow', triggers: [{ event: 'shop/slow' }] }, async () => {
          await release.opened;
        }),
      ],
    });
    await bed.endedRuns(await bed.send({ name: 'shop/good' }));
    await bed.endedRuns(await bed.send({ name: 'shop/bad' }));
    await bed.client.send([{ name: 'shop/sleepy' }, { name: 'shop/slow' }]);

    const families = await waitFor(
      async () => {
        const read = await readMetrics(bed);
        const isThere = [
          sampleOf(read, 'engine_jobs', { state: 'scheduled' }) === 1,
          sampleOf(read, 'engine_jobs', { state: 'in_flight' }) === 1,
        ];
        return isThere.every(Boolean) ? read : null;
      },
      { what: 'one job that sleeps and one that is called' },
    );
    release.open();

    expect(sampleOf(families, 'engine_events_received_total')).toBe(4);
    expect(sampleOf(families, 'engine_runs_started_total')).toBe(4);
    expect(sampleOf(families, 'engine_runs_ended_total', { status: 'completed' })).toBe(1);
    expect(sampleOf(families, 'engine_runs_ended_total', { status: 'failed' })).toBe(1);
    expect(sampleOf(families, 'engine_attempts_failed_total')).toBe(2);
    expect(sampleOf(families, 'engine_step_duration_seconds_count')).toBe(1);
    expect(sampleOf(families, 'engine_jobs', { state: 'ready' })).toBe(0);
    expect(sampleOf(families, 'engine_oldest_due_age_seconds')).toBe(0);
    expect(sampleOf(families, 'engine_database_up')).toBe(1);
    for (const [name, { type, help, samples }] of families) {
      expect(name).toMatch(/^engine_/);
      expect(help).not.toBe('');
      expect(samples.length).toBeGreaterThan(0);
      expect(type === 'counter').toBe(name.endsWith('_total'));
      if (type === 'histogram') {
        const buckets = samples.filter((sample) => sample.name.endsWith('_bucket')).map(({ value }) => value);
        expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
        expect(buckets.at(-1)).toBe(sampleOf(families, `${name}_count`));
      }
    }
  });

  it('are for those who have a token, unless in dev mode', async () => {
    const bed = await startTestBed({
      signed: true,
      engine: { dashboardToken: 'token-of-the-dashboard' },
      functions: (client) => [
        client.createFunction({ id: 'x', triggers: [{ event: 'shop/x' }] }, async () => null),
      ],
    });
    const ask = (authorization?: string) =>
      fetch(`${bed.engine.url}/metrics`, authorization === undefined ? {} : { headers: { authorization } });

    const answers = [
      await ask(),
      await ask('Bearer nonsense'),
      await ask(`Bearer ${testKeys.signingKey}`),
      await ask('Bearer token-of-the-dashboard'),
      await bed.api('/metrics'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 200, 200]);
  });
});

describe('readiness', () => {
  it('says why the engine cannot take work, while it is alive all the same', async () => {
    const server = await startOwnDatabaseServer();
    const engine = await startEngine(testEngineOptions(server.url, false));
    onTestFinished(() => engine.stop());
    const get = async (path: string) => {
      const response = await fetch(engine.url + path);
      return { status: response.status, body: await response.json() };
    };

    const before = await get('/readyz');
    await server.kill9();
    const away = await get('/readyz');
    const alive = await get('/healthz');
    const metrics = await fetch(`${engine.url}/metrics`);
    await server.restart();
    await waitFor(async () => (await get('/readyz')).status === 200, {
      what: 'readiness',
      timeoutMs: 20_000,
    });

    expect(before).toEqual({ status: 200, body: { status: 'ready' } });
    expect(away.status).toBe(503);
    expect(away.body.reasons).toEqual([expect.stringMatching(/database/i)]);
    expect([alive.status, metrics.status]).toEqual([200, 200]);
  });
});
