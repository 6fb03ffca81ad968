import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Run, Step } from '../runs/run.ts';
import type { Transition } from '../runs/transition.ts';
import type { Hub } from './hub.ts';

/** In a run's channel, the results of all steps. A step's own are published under its name, too. */
const stepsTopicName = '$step';
/** In a run's channel, the output or error of the run. */
const runTopicName = '$run';

/** Tells the subscribers of a run's channel, which has the run's id as its name, what has just become durable. */
export function publishProgress(
  hub: Hub,
  { run, changedSteps, hasEnded }: Transition,
  fn: RegisteredFunction | undefined,
): void {
  if (hub.isEmpty) return;
  const publish = (kind: string, topic: string, name: string, text: () => unknown) => {
    if (hub.subscribersOf({ channel: run.id, name: topic }).length === 0) return;
    const message = { kind, channel: run.id, topic: name, data: text(), run_id: run.id, fn_id: fn?.id };
    hub.publish({ channel: run.id, name: topic }, { ...message, created_at: new Date().toISOString() });
  };
  for (const step of changedSteps) {
    if (step.place === null) continue;
    for (const topic of [stepsTopicName, step.name]) publish('step', topic, step.name, () => resultOf(step));
  }
  if (hasEnded) publish('run', runTopicName, runTopicName, () => outcomeOf(run));
}

function resultOf(step: Step): unknown {
  const memo: unknown = JSON.parse(step.memo ?? 'null');
  return step.status === 'completed' && isData(memo) ? memo.data : memo;
}

function isData(memo: unknown): memo is { readonly data: unknown } {
  return typeof memo === 'object' && memo !== null && Object.keys(memo).join() === 'data';
}

function outcomeOf(run: Run): unknown {
  return JSON.parse(run.output ?? run.error ?? 'null');
}
