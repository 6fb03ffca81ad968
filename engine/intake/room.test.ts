import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Room } from './room.ts';

it('is never overfilled, admits in order, and is empty when all work is done or has failed', async () => {
  const job = fc.record({ amount: fc.integer({ min: 0, max: 15 }), turns: fc.nat(3), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 30 }), async (jobs) => {
      const room = new Room(10);
      const entered: number[] = [];
      let used = 0;
      const work = jobs.map(({ amount, turns, fails }, index) =>
        room.use(amount, async () => {
          entered.push(index);
          used += Math.min(amount, 10);
          expect(used).toBeLessThanOrEqual(10);
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          used -= Math.min(amount, 10);
          if (fails) throw new Error('failed');
        }),
      );
      await Promise.allSettled(work);

      expect(entered).toEqual(jobs.map((_, index) => index));
      await expect(room.use(10, async () => 'done')).resolves.toBe('done');
    }),
  );
});
