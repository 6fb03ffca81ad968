import { failureMemo } from '../runs/memo.ts';
import type { Step } from '../runs/run.ts';
import type { Settlement } from '../runs/transition.ts';

/** How a step ends whose time is over: a sleep is done, a wait was in vain, an invoked run took too long. */
export function outcomeOfTime(step: Step): Settlement {
  if (step.waitsFor === null || !('function' in step.waitsFor)) return { status: 'completed', memo: 'null' };
  const message = 'Timed out waiting for invoked function to complete';
  return { status: 'failed', memo: failureMemo('InngestInvokeTimeoutError', message) };
}
