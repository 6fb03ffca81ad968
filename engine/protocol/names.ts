/** The words of the wire between an Inngest server and an SDK, in one place. Source: Inngest SDK spec, sections 3 to 5. */

export const header = {
  serverKind: 'x-inngest-server-kind',
  syncKind: 'x-inngest-sync-kind',
  expectedServerKind: 'x-inngest-expected-server-kind',
  sdk: 'x-inngest-sdk',
  signature: 'x-inngest-signature',
  noRetry: 'x-inngest-no-retry',
  retryAfter: 'retry-after',
  requestVersion: 'x-inngest-req-version',
  runId: 'x-run-id',
  requestId: 'x-request-id',
  jobId: 'x-inngest-job-id',
  generationId: 'x-inngest-generation-id',
  stepId: 'x-inngest-step-id',
  forceStepPlan: 'x-inngest-force-step-plan',
  eventIdSeed: 'x-inngest-event-id-seed',
} as const;

/** The value of `stepId` that asks the SDK to replay the function and report what comes next. */
export const discoveryStepId = 'step';

/** The id of the op that ends a run: SHA-1 of "complete". */
export const runCompleteId = '0737c22d3bfae812339732d14d8c7dbd6dc4e09c';

export const opCodes = [
  'StepRun',
  'StepError',
  'StepFailed',
  'StepPlanned',
  'Sleep',
  'WaitForEvent',
  'InvokeFunction',
  'WaitForSignal',
  'Gateway',
  'AIGateway',
  'DeferAdd',
  'DeferAbort',
  'RunComplete',
  'RunError',
  'DiscoveryRequest',
] as const;
export type OpCode = (typeof opCodes)[number];

export const internalEvent = {
  finished: 'inngest/function.finished',
  failed: 'inngest/function.failed',
  cancelled: 'inngest/function.cancelled',
  timer: 'inngest/scheduled.timer',
  invoked: 'inngest/function.invoked',
  deferred: 'inngest/deferred.schedule',
} as const;

/** Names that only the engine may send, compared without regard to case. */
export const internalEventPrefix = 'inngest/';

export type ServerKind = 'dev' | 'cloud';
