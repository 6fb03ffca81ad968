import { expect, it } from 'vitest';
import { traceParent } from './trace-context.ts';

it('names the run as the trace and the request as the parent', () => {
  expect(traceParent('01ARZ3NDEKTSV4RRFFQ69G5FAV', '7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(
    '00-01563e3ab5d3d6764c61efb99302bd5b-ffffffffffffffff-01',
  );
});
