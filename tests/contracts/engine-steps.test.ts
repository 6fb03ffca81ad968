import { NonRetriableError, RetryAfterError } from 'inngest';
import { describe, expect, it } from 'vitest';
import { startTestBed } from './engine-app.ts';

describe.each([
  { signed: false, checkpointing: true },
  { signed: false, checkpointing: false },
  { signed: true, checkpointing: true },
  { signed: true, checkpointing: false },
])('an app with %o', ({ signed, checkpointing }) => {
  it('runs three steps once each and returns their results', async () => {
    const calls: string[] = [];
    const bed = await startTestBed({
      signed,
      checkpointing,
      functions: (client) => [
        client.createFunction(
          { id: 'three', triggers: [{ event: 'shop/three' }] },
          async ({ event, step }) => {
            const a = await step.run('a', () => calls.push('a') && event.data.n + 1);
            const b = await step.run('b', () => calls.push('b') && { a, list: [1, 'ü', null] });
            const c = await step.run('c', () => calls.push('c') && undefined);
            return { a, b, c };
          },
        ),
      ],
    });

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/three', data: { n: 1 } }));

    expect(run).toMatchObject({
      status: 'Completed',
      output: { a: 2, b: { a: 2, list: [1, 'ü', null] }, c: null },
    });
    expect(calls).toEqual(['a', 'b', 'c']);
  });
});
