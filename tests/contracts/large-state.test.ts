import { describe, expect, it } from 'vitest';
import { serverModes } from './server-under-test.ts';
import { answer, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { askApi } from './support/server-api.ts';

const modes = serverModes.flatMap((mode) => [true, false].map((checkpointing) => ({ mode, checkpointing })));

describe.concurrent('state that is too large for a call', () => {
  it.each(modes)('is fetched by the SDK ($mode, checkpointing $checkpointing)', async (options) => {
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async ({ step }) => {
          const a = await step.run('a', () => 'a'.repeat(3_000_000));
          const b = await step.run('b', () => 'ü'.repeat(1_000_000));
          await step.sleep('nap', '1s');
          return await step.run('sizes', () => [a.length, b.length]);
        }),
      ],
      options,
    );

    expect(await app.run({ name: 'x' })).toMatchObject({
      status: 'COMPLETED',
      output: [3_000_000, 1_000_000],
    });
  });

  it('is left out of the call, which keeps the event, and can be read while the run goes on', async () => {
    const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
    const step = (id: string) => ({ op: 'StepRun', id, displayName: id, data: 'x'.repeat(3_000_000) });
    const fetched: { status: number; body: unknown }[] = [];
    const app = await startRawApp(async (call) => {
      const { stack } = call.body.ctx.stack;
      if (stack.length === 0) return answer(206, [step(a)]);
      if (stack.length === 1) return answer(206, [step(b)]);
      for (const what of ['batch', 'actions']) {
        fetched.push(await askApi(app.server, `/v0/runs/${call.body.ctx.run_id}/${what}`));
      }
      return answer(200, null);
    });

    const eventId = await app.send('call', { n: 1 });
    await app.ended(eventId);
    const [batch, actions] = fetched;

    expect(app.calls.map((call) => [call.body.use_api, call.body.ctx.use_api])).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
    expect(app.calls[2]?.body).toMatchObject({ steps: {}, event: { id: eventId, data: { n: 1 } } });
    expect(app.calls[2]?.body.ctx.stack.stack).toEqual([a, b]);
    expect(batch).toMatchObject({ status: 200, body: [{ name: app.event('call'), data: { n: 1 } }] });
    expect(actions?.status).toBe(200);
    expect(Object.keys(actions?.body as object).sort()).toEqual([a, b]);
  });
});
