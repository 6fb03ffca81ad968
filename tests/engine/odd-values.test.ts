import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { startTestBed } from './engine-app.ts';

/** Half of a surrogate pair: JSON has it, PostgreSQL has not. */
const half = '\\ud800';

describe('events with values that an expression or the database has no use for', () => {
  it('start their functions all the same, without priority and with a key that all of them share', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'odd',
            triggers: [{ event: 'shop/odd' }],
            priority: { run: 'event.data.n % event.data.zero' },
            concurrency: { limit: 1, key: 'date(event.data.t) + duration(event.data.far)' },
          },
          async () => 'ran',
        ),
      ],
    });

    const id = await bed.send({
      name: 'shop/odd',
      data: { n: 1, zero: 0, t: '2024-01-01', far: '9999999999w' },
    });

    expect(await bed.endedRuns(id)).toMatchObject([{ output: 'ran' }]);
  });

  it('are kept in their batch, though its key is half of a surrogate pair', async () => {
    const batches: unknown[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'batch',
            triggers: [{ event: 'shop/part' }],
            batchEvents: { maxSize: 3, timeout: '50s', key: 'event.data.key' },
          },
          async ({ events }) =>
            void batches.push(events.map((event: { data: { n: number } }) => event.data.n)),
        ),
      ],
    });

    for (const n of [1, 2, 3]) {
      const body = `{"name":"shop/part","data":{"key":"${half}","n":${n}}}`;
      expect((await bed.api('/e/key', { method: 'POST', body })).status).toBe(200);
    }

    await waitFor(() => batches.length > 0, { what: 'a batch' });
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('are taken with the longest id that is allowed, whatever its letters, and start their function once', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'once', triggers: [{ event: 'shop/once' }] }, async () => 'ran'),
      ],
    });
    const letters = Array.from({ length: 341 }, (_, n) =>
      String.fromCharCode(0x4e00 + ((n * 7_919) % 20_000)),
    );
    const id = letters.join('');

    const first = await bed.send({ name: 'shop/once', id });
    const second = await bed.send({ name: 'shop/once', id });

    expect(await bed.endedRuns(first)).toHaveLength(1);
    expect(await bed.runsOf(second)).toEqual([]);
    const body = JSON.stringify({ name: 'shop/once', id: `${id}字` });
    expect((await bed.api('/e/key', { method: 'POST', body })).status).toBe(400);
  });

  it('may be waited for under a name with half of a surrogate pair, and the run can be looked at', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'wait', triggers: [{ event: 'shop/wait' }] }, async ({ step }) =>
          step.waitForEvent('odd', { event: 'shop/\ud800', timeout: '1s' }),
        ),
      ],
    });
    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/wait' }));

    const query =
      'query ($runId: String!) { run(runID: $runId) { trace(preview: true) { childrenSpans { stepType } } } }';
    const body = JSON.stringify({ query, variables: { runId: run?.run_id } });
    const answer = await bed.api('/v0/gql', { method: 'POST', body });

    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('WAIT_FOR_EVENT');
  });
});
