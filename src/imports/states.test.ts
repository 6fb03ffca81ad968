import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importStatuses } from '../db/schema/index.ts';
import { isFinal, statusesBefore } from './states.ts';

describe('the statuses of an import', () => {
  it('are final when the import has ended', () => {
    expect(importStatuses.filter(isFinal)).toEqual(['completed', 'partial', 'failed', 'cancelled']);
  });

  it('are left once they are final only to try failed items again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...importStatuses), (to) => {
        expect(statusesBefore(to).filter(isFinal)).toEqual(to === 'running' ? ['partial', 'failed'] : []);
      }),
    );
  });

  it('can all be reached from pending, save pending itself', () => {
    const reached = new Set(['pending']);
    for (let grown = -1; grown !== reached.size; ) {
      grown = reached.size;
      for (const to of importStatuses)
        if (statusesBefore(to).some((from) => reached.has(from))) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...importStatuses].sort());
    expect(statusesBefore('pending')).toEqual([]);
  });

  it('can be cancelled and can fail as long as they are not final', () => {
    const open = importStatuses.filter((status) => !isFinal(status));
    expect(statusesBefore('cancelled')).toEqual(open);
    expect(statusesBefore('failed')).toEqual(open);
    expect(statusesBefore('completed')).toEqual(['running']);
  });
});
