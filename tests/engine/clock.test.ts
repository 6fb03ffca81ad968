import { expect, it } from 'vitest';
import { firstIdAt } from '../../engine/protocol/ids.ts';
import { query } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';
import { startRestartable } from './restartable.ts';

it('an event ends a wait that was set before the clock was put back', async () => {
  const bed = await startRestartable((client) => [
    client.createFunction({ id: 'wait', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
      const paid = await step.waitForEvent('paid', { event: 'shop/paid', timeout: '1d' });
      return paid?.data.n;
    }),
  ]);
  const order = await bed.send({ name: 'shop/order' });
  await waitFor(async () => (await query(bed.databaseUrl, 'select from engine.waits')).length === 1, {
    what: 'the wait',
  });

  await bed.stop();
  await query(bed.databaseUrl, `update engine.waits set set_id = '${firstIdAt(Date.now() + 3_600_000)}'`);
  await bed.start();
  await bed.send({ name: 'shop/paid', data: { n: 7 } });

  expect(await bed.endedRuns(order)).toMatchObject([{ output: 7 }]);
});
