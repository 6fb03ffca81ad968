import { describe, expect, it } from 'vitest';
import { serverUnderTest } from './server-under-test.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { postEvents } from './support/server-api.ts';

const mib = 1024 * 1024;

function steps(from: number, count: number, data: unknown): readonly object[] {
  return Array.from({ length: count }, (_, n) => {
    const id = (from + n).toString(16).padStart(40, '0');
    return { op: 'StepRun', id, name: id, displayName: id, data };
  });
}

describe.concurrent('limits', () => {
  it('refuse an event of more than 3 MiB, and take a smaller one', async () => {
    const server = await serverUnderTest();
    const send = (bytes: number) =>
      postEvents(server, JSON.stringify({ name: 'limits/unheard', data: { text: 'x'.repeat(bytes) } }));

    const large = await send(3 * mib + 1_000);
    const fine = await send(2.9 * mib);

    expect(large).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('Event is over the max size') },
    });
    expect(fine.status).toBe(200);
  });

  it.each([true, false])(
    'fail a step that returns more than 4 MiB (checkpointing: %s)',
    async (checkpointing) => {
      const app = await startApp(
        ({ client, event }) => [
          client.createFunction(
            { id: 'x', retries: 0, triggers: [{ event: event('x') }] },
            async ({ step }) => {
              await step.run('a', () => 'a'.repeat(5_000_000));
            },
          ),
        ],
        { checkpointing },
      );

      const run = await app.run({ name: 'x' });

      expect(run.status).toBe('FAILED');
      expect(JSON.stringify(run.error)).toContain('step output size is greater than the limit');
    },
  );

  it('fail a run of more than 1,000 steps', async () => {
    const app = await startRawApp((call) => {
      const done = call.body.ctx.stack.stack.length;
      return answer(206, steps(done, 600, null));
    });

    const run = await app.run('call');

    expect(run.status).toBe('FAILED');
    expect(JSON.stringify(run.error)).toContain('The function run exceeded the step limit of 1000 steps.');
  });

  it('fail a run of more than 1,000 steps that are planned at once', async () => {
    const app = await startRawApp(() =>
      answer(
        206,
        steps(0, 1_001, null).map((step) => ({ ...step, op: 'StepPlanned' })),
      ),
    );

    const run = await app.run('call');

    expect(run.status).toBe('FAILED');
    expect(JSON.stringify(run.error)).toMatch(/step limit of 1000 steps|1000 operations/);
  });

  it('let a function return as much as an answer may have, more than a step', async () => {
    const output = 'x'.repeat(5 * mib);
    const app = await startRawApp(() =>
      answer(206, { op: 'RunComplete', id: '0737c22d3bfae812339732d14d8c7dbd6dc4e09c', data: output }),
    );

    const run = await app.run('call');

    expect(run.status).toBe('COMPLETED');
    expect(run.output === output).toBe(true);
  });

  it('let an invocation have as much input as any step', async () => {
    const app = await startApp(({ client, event }) => {
      const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ event: { data } }) => {
        const { text } = data as { text: string };
        return text.length;
      });
      return [
        callee,
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) =>
          step.invoke('call', { function: callee, data: { text: 'x'.repeat(3_700_000) } }),
        ),
      ];
    });

    expect(await app.run({ name: 'x' })).toMatchObject({ status: 'COMPLETED', output: 3_700_000 });
  });

  it('fail a run whose state is more than 32 MiB', async () => {
    const app = await startRawApp((call) => {
      const done = call.body.ctx.stack.stack.length;
      return done >= 10 ? answer(200, 'all kept') : answer(206, steps(done, 2, 'x'.repeat(3.9 * mib)));
    });

    expect((await app.run('call')).status).toBe('FAILED');
  });
});
