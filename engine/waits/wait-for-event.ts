import { InvalidExpression } from '../expressions/expression.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { type Op, textOption } from '../runs/ops.ts';
import { endRun, isNew, startStep, type Transition } from '../runs/transition.ts';
import { indexable } from '../store/indexable.ts';
import { planMatch } from './event-match.ts';
import type { EventMatch } from './wait.ts';
import { readWaitTime } from './wait-time.ts';

/** Lets a step wait for an event (Inngest SDK spec 5.3.3). An expression that does not compile fails the run. */
export function waitForEvent(transition: Transition, op: Op): void {
  if (!isNew(transition, op)) return;

  const event = textOption(op.opts.event) || op.name;
  const time = readWaitTime(
    textOption(op.opts.timeout),
    'wait for an event',
    transition.nowMs,
    limits.waitMs,
  );
  if ('error' in time) {
    endRun(transition, { status: 'failed', error: time.error });
    return;
  }
  const expression = textOption(op.opts.if) || null;
  try {
    const match = expression === null ? null : planMatchOf(transition, expression);
    startStep(transition, op, {
      status: 'waiting',
      dueAtMs: transition.nowMs + time.waitMs,
      waitsFor: { event, if: expression },
      wait: { kind: 'event', name: indexable(event), match, request: null },
    });
  } catch (error) {
    if (!(error instanceof InvalidExpression)) throw error;
    const { name, message } = error;
    endRun(transition, { status: 'failed', error: canonicalJson({ name, message }) });
  }
}

function planMatchOf(transition: Transition, expression: string): EventMatch {
  return planMatch(expression, JSON.parse(transition.run.event));
}
