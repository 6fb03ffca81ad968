import { idTimeMs } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunStatus } from '../runs/run.ts';
import type { EventFacts, RunFacts } from '../store/inspect.ts';
import type { JobFacts } from '../store/list-jobs.ts';

/** Functions, events, runs and jobs in the words of the Inngest REST API (api-docs.inngest.com). */

export function describeFunction(fn: RegisteredFunction): object {
  const { slug, name, url, eventTriggers, cronTriggers } = fn.config;
  return {
    id: fn.id,
    name,
    slug,
    triggers: [
      ...eventTriggers.map(({ event, expression }) =>
        expression === null ? { event } : { event, expression },
      ),
      ...cronTriggers.map(({ cron }) => ({ cron })),
    ],
    steps: [{ id: 'step', name: 'step', uri: url }],
  };
}

export function describeEvent(event: EventFacts): object {
  const payload: unknown = JSON.parse(event.payload);
  return { ...(payload as object), internal_id: event.id, received_at: toIso(event.received_at_ms) };
}

const statusNames: Readonly<Record<RunStatus, string>> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
};

/** The API knows environments; this engine has one. */
const environmentId = '00000000-0000-4000-b000-000000000000';

export function describeRun(run: RunFacts): object {
  const outcome = run.status === 'running' ? null : (run.output ?? run.error ?? '{}');
  return {
    run_id: run.id,
    run_started_at: toIso(idTimeMs(run.id)),
    function_id: run.function_id,
    function_version: run.function_version,
    environment_id: environmentId,
    event_id: run.event_id,
    status: statusNames[run.status],
    ended_at: run.ended_at_ms === null ? null : toIso(run.ended_at_ms),
    output: outcome === null ? null : JSON.parse(outcome),
  };
}

export function describeJob(runId: string, job: JobFacts): object {
  return {
    JobID: job.step_id === null ? runId : `${runId}/${job.step_id}`,
    at: toIso(job.due_at_ms),
    position: job.position,
    kind: job.op === null ? 'start' : (jobKinds[job.op] ?? 'edge'),
    attempt: job.attempt,
  };
}

/** What kinds of steps wait for; everything else is a call. */
const jobKinds: Readonly<Record<string, string>> = {
  Sleep: 'sleep',
  WaitForEvent: 'pause',
  WaitForSignal: 'pause',
  InvokeFunction: 'pause',
};

function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
