import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostMonthlyCalls, parseMonthlyQuota } from './monthly-quota.ts';

describe('a number of calls a month, as people type it', () => {
  it('may be grouped in thousands', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: mostMonthlyCalls }),
        fc.constantFrom('', ',', ' '),
        (calls, mark) => {
          const typed = calls.toLocaleString('en').replaceAll(',', mark);
          expect(parseMonthlyQuota(` ${typed} `)).toBe(calls);
        },
      ),
    );
  });

  it('may be left out', () => {
    expect(parseMonthlyQuota('  ')).toBeNull();
  });

  it.each(['0', '-5', '10.000', '1,00', '1,0000', '1e3', 'many', '2147483648'])('is not %j', (typed) => {
    expect(() => parseMonthlyQuota(typed)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
