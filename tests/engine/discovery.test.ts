import { expect, it } from 'vitest';
import { answer, startRawApp } from '../contracts/support/raw-app.ts';
import { waitFor } from '../support/wait.ts';
import { startTestBed } from './engine-app.ts';

// The SDK lets no function return before the losers are over, so the run itself still waits for them.
it.each([true, false])(
  'steps behind a race do not wait for the loser (checkpointing: %s)',
  async (checkpointing) => {
    const ran: string[] = [];
    const bed = await startTestBed({
      checkpointing,
      functions: (client) => [
        client.createFunction(
          { id: 'races', triggers: [{ event: 'shop/race' }] },
          async ({ step, group }) => {
            await group.parallel({ mode: 'race' }, () =>
              Promise.race([step.sleep('slow', '1h'), step.run('quick', () => ran.push('quick'))]),
            );
            await step.run('after', () => ran.push('after'));
            await step.sleep('nap', '1s');
            await Promise.all([step.run('a', () => ran.push('a')), step.run('b', () => ran.push('b'))]);
          },
        ),
      ],
    });

    await bed.send({ name: 'shop/race' });
    await waitFor(() => ran.length === 4, { what: 'the steps' });

    expect(ran.slice(0, 2)).toEqual(['quick', 'after']);
    expect(ran.slice(2).toSorted()).toEqual(['a', 'b']);
  },
);

it('an app that only asks to be asked again is asked once a second', async () => {
  const calledAtMs: number[] = [];
  const app = await startRawApp(() => {
    calledAtMs.push(Date.now());
    return calledAtMs.length > 2
      ? answer(200, 'done')
      : answer(206, { op: 'DiscoveryRequest', id: `ask-${calledAtMs.length}` });
  });

  await app.run('call');

  expect(Number(calledAtMs[2]) - Number(calledAtMs[0])).toBeGreaterThanOrEqual(1_900);
});
