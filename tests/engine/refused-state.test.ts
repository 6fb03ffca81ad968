import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { startTestBed } from './engine-app.ts';

it('a run whose state the database refuses fails like any other: invoker and handlers hear of it, nothing stays due, and its data are not logged', async () => {
  const { url } = await createTestDatabase('empty');
  const handled: string[] = [];
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const bed = await startTestBed({
    engine: { databaseUrl: url, logger },
    functions: (client) => {
      const callee = client.createFunction({ id: 'callee', triggers: [] }, async ({ step }) => {
        await step.run('fine', () => 1);
        await Promise.all([
          step.sleep('long', '1h'),
          step.waitForEvent('never', { event: 'shop/never', timeout: '1h' }),
          step.run('poison', () => 'text-of-the-result'),
        ]);
      });
      return [
        callee,
        client.createFunction({ id: 'caller', triggers: [{ event: 'shop/call' }] }, async ({ step }) =>
          step.invoke('call', { function: callee }).catch((error: Error) => error.message),
        ),
        client.createFunction(
          { id: 'handler', triggers: [{ event: 'inngest/function.failed' }] },
          async ({ event }) => {
            handled.push(event.data.function_id);
          },
        ),
      ];
    },
  });
  await query(
    url,
    `alter table engine.steps add constraint refused check (not (name = 'poison' and status = 'completed'))`,
  );

  const [run] = await bed.endedRuns(await bed.send({ name: 'shop/call' }));

  expect(run?.output).toContain('Cannot store the state of the run');
  await waitFor(() => handled.length > 0, { what: 'the handler' });
  expect(handled).toEqual(['shop-callee']);
  expect(await query(url, 'select id from engine.steps where due_at_ms is not null')).toEqual([]);
  expect(await query(url, 'select run_id from engine.waits')).toEqual([]);
  expect(lines.join('')).toContain('violates check constraint');
  expect(lines.join('')).not.toContain('text-of-the-result');
});
