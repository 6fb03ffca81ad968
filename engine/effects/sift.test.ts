import { expect, it } from 'vitest';
import { sift } from './sift.ts';

it('many items that take long to look at leave turns to others', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);

  const even = await sift([1, 2, 3, 4, 5, 6], (item) => {
    const endMs = performance.now() + 15;
    while (performance.now() < endMs);
    return item % 2 === 0;
  });
  clearInterval(timer);

  expect(even).toEqual([2, 4, 6]);
  expect(turns).toBeGreaterThanOrEqual(4);
});
