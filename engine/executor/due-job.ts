import type { Job, Run } from '../runs/run.ts';
import type { DueJob } from '../store/due.ts';

/** A run's job as the scheduler sees it. */
export function toDueJob(run: Run, job: Job): DueJob {
  const status = job.stepId === null ? null : run.steps.get(job.stepId)?.status;
  const isCalled = status === null || status === 'planned';
  return {
    runId: run.id,
    functionId: run.functionId,
    stepId: job.stepId,
    dueAtMs: job.dueAtMs,
    isBegun: job.stepId !== null || job.attempt > 0 || run.startedAtMs !== null,
    throttleKey: isCalled ? run.throttleKey : null,
    concurrency: isCalled ? run.concurrency : [],
    bytes: run.eventBytes + run.stateBytes,
  };
}
