import { canonicalJson } from '../protocol/canonical-json.ts';
import { shownUrl } from '../protocol/shown-url.ts';
import { type RetryPolicy, retryDelayMs } from '../runs/backoff.ts';
import { errorOf } from '../runs/memo.ts';
import type { Op } from '../runs/ops.ts';
import type { Job, Step } from '../runs/run.ts';
import { isNew, retryJob, settleStep, startStep, type Transition } from '../runs/transition.ts';
import type { GatewayOutcome } from './gateway.ts';
import { readGatewayRequest } from './gateway-request.ts';

/** Gives the engine a request to make. It is kept apart from the step, because it may hold secrets. */
export function startRequest(transition: Transition, op: Op): void {
  if (!isNew(transition, op)) return;

  const request = readGatewayRequest(op);
  startStep(transition, op, {
    status: 'planned',
    dueAtMs: transition.nowMs,
    waitsFor: { request: { method: request.method, url: shownUrl(request.url) } },
    wait: { kind: 'request', name: '', match: null, request: canonicalJson(request) },
  });
  const step = transition.run.steps.get(op.id);
  if (step !== undefined && request.body !== null) transition.inputs.set(step, canonicalJson(op.opts.body));
}

/** Whether the step is one whose request the engine makes. */
export function isRequest(step: Step | undefined): step is Step {
  return step?.waitsFor !== null && step?.waitsFor !== undefined && 'request' in step.waitsFor;
}

/** Applies what came of a request: the step ends, or its job is tried again. */
export function applyOutcome(
  transition: Transition,
  job: Job,
  step: Step,
  outcome: GatewayOutcome,
  context: { readonly maxAttempts: number; readonly policy: RetryPolicy },
): void {
  const { settlement, isFinal, retryAfterMs } = outcome;
  step.attempts = job.attempt + 1;
  if (isFinal || settlement.status === 'completed' || step.attempts >= context.maxAttempts) {
    settleStep(transition, step, settlement);
    return;
  }
  step.error = errorOf(settlement.memo);
  retryJob(transition, job, retryDelayMs(context.policy, job.attempt, retryAfterMs));
}
