import { expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed } from './engine-app.ts';
import { parsePrometheus } from './prometheus.ts';

const queued = 800;
const eventsPerRequest = 200;
const eventBytes = 90_000;
const mebibyte = 1024 * 1024;

it('runs that are queued stay in the database: the memory holds some of them, and all are done in the end', {
  timeout: 120_000,
}, async () => {
  const release = gate();
  let calls = 0;
  const bed = await startTestBed({
    engine: { maxCallsInFlight: 20 },
    functions: (client) => [
      client.createFunction({ id: 'slow', triggers: [{ event: 'shop/slow' }] }, async () => {
        calls += 1;
        await release.opened;
      }),
    ],
  });
  const padding = 'x'.repeat(eventBytes);
  for (let sent = 0; sent < queued; sent += eventsPerRequest) {
    const events = Array.from({ length: eventsPerRequest }, (_, n) => ({
      name: 'shop/slow',
      data: { n: sent + n, padding },
    }));
    const response = await fetch(`${bed.engine.url}/e/any`, { method: 'POST', body: JSON.stringify(events) });
    expect(response.status).toBe(200);
  }
  await waitFor(() => calls >= 10, { what: 'calls under way' });

  const metrics = parsePrometheus(await (await bed.api('/metrics')).text());
  const gauge = (name: string, state?: string) =>
    metrics.get(name)?.samples.find(({ labels }) => state === undefined || labels.state === state)?.value;
  release.open();
  await waitFor(() => calls === queued, { what: 'the calls of all runs', timeoutMs: 100_000 });

  expect(Number(gauge('engine_jobs', 'ready')) + Number(gauge('engine_jobs', 'in_flight'))).toBe(queued);
  expect(gauge('engine_cache_bytes')).toBeLessThan(64 * mebibyte);
  expect(gauge('engine_cache_runs')).toBeLessThan(queued * 0.75);
});
