import { describe, expect, it } from 'vitest';
import { concurrencyKeys, concurrencyLimit } from './registered-function.ts';
import { defineFunction } from './test-function.ts';

const id = 'f7b3c8a0-0000-4000-8000-000000000000';

type Scope = 'fn' | 'env' | 'account';

function limited(limits: readonly { limit: number; key: string | null; scope?: Scope }[]) {
  return defineFunction({ concurrency: limits.map((limit) => ({ scope: 'fn', ...limit })) }, { id });
}

describe("a run's counters of concurrency", () => {
  const overlapping = [
    { limit: 5, key: 'event.data.a' },
    { limit: 1, key: 'event.data.a==1' },
  ];

  it.each([
    ['the shorter first', overlapping],
    ['the longer first', overlapping.toReversed()],
  ])('have their own limits though the text of one key begins with the other: %s', (_, limits) => {
    const fn = limited(limits);

    const found = concurrencyKeys(fn, { data: { a: 1 } }).map((key) => concurrencyLimit(fn, key));

    expect(found).toEqual(limits.map(({ limit }) => limit));
  });

  it('stay apart from those of other keys whatever the values are', () => {
    const fn = limited(overlapping);

    const keys = concurrencyKeys(fn, { data: { a: '=1=false' } });

    expect(new Set(keys).size).toBe(2);
    expect(keys.map((key) => concurrencyLimit(fn, key))).toEqual([5, 1]);
  });

  it.each(['fn', 'env', 'account'] as const)('have a limit with and without a key (scope %s)', (scope) => {
    const fn = limited([
      { limit: 4, key: null, scope },
      { limit: 2, key: 'event.data.shop', scope },
    ]);

    const found = concurrencyKeys(fn, { data: { shop: 'a' } }).map((key) => concurrencyLimit(fn, key));

    expect(found).toEqual([4, 2]);
  });

  it('keep their limit when they were stored with a value that has "=" in it', () => {
    const fn = limited(overlapping);

    expect(concurrencyLimit(fn, `fn:${id}:event.data.a=YQ==`)).toBe(5);
  });

  it('have no limit when the function has none for them any more', () => {
    expect(concurrencyLimit(limited([{ limit: 5, key: null }]), `fn:${id}:event.data.a=1`)).toBe(Infinity);
  });
});
