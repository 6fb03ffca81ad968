import { createHash } from 'node:crypto';
import { combine, type StoredMetadata } from '../metadata/metadata.ts';
import { idTimeMs } from '../protocol/ids.ts';
import type { RunStatus, StepStatus } from '../runs/run.ts';
import type { RunFacts, StepFacts } from '../store/inspect.ts';
import { outputIdOf } from './output.ts';
import type { Fields } from './query.ts';

const runStatusNames: Readonly<Record<RunStatus, string>> = {
  running: 'RUNNING',
  completed: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
  skipped: 'SKIPPED',
};

const stepStatusNames: Readonly<Record<StepStatus, string>> = {
  planned: 'QUEUED',
  sleeping: 'RUNNING',
  waiting: 'RUNNING',
  retrying: 'RUNNING',
  completed: 'COMPLETED',
  failed: 'FAILED',
  dropped: 'CANCELLED',
};

/** What kinds of steps are called; all others are steps that the app runs. */
const stepTypes: Readonly<Record<string, string>> = {
  Sleep: 'SLEEP',
  WaitForEvent: 'WAIT_FOR_EVENT',
  WaitForSignal: 'WAIT_FOR_SIGNAL',
  InvokeFunction: 'INVOKE',
  Gateway: 'FETCH',
  AIGateway: 'AI_GATEWAY',
};

export function runStatusName(run: RunFacts): string {
  return runStatusNames[run.status];
}

/** A run as a tree of spans: the run, its steps, and its end. */
export function traceOf(
  run: RunFacts,
  steps: readonly StepFacts[],
  metadata: readonly StoredMetadata[],
): Fields {
  const endedAtMs = run.ended_at_ms;
  const hasEnded = endedAtMs !== null;
  const ofRun = { runID: run.id, status: runStatusName(run), attempts: run.attempt };
  const outputID = hasEnded ? outputIdOf({ runId: run.id, stepId: null }) : null;
  const root = {
    ...ofRun,
    ...timesOf(idTimeMs(run.id), endedAtMs),
    name: run.slug,
    spanID: spanIdOf(run.id, 'run'),
    isRoot: true,
    stepID: null,
    stepType: null,
    stepOp: null,
    outputID,
    metadata: describeMetadata(metadata.filter(({ stepId }) => stepId === null)),
  };
  const children = steps.map((step) => spanOf(run, step, metadata));
  const isDone = run.status === 'completed' || run.status === 'failed';
  const end: Fields = {
    ...root,
    ...timesOf(endedAtMs ?? 0, endedAtMs),
    name: 'Finalization',
    spanID: spanIdOf(run.id, 'end'),
    isRoot: false,
    stepType: 'FINALIZATION',
    stepOp: 'FINALIZATION',
    childrenSpans: [],
    metadata: [],
  };
  return { ...root, childrenSpans: isDone ? [...children, end] : children };
}

function spanOf(run: RunFacts, step: StepFacts, metadata: readonly StoredMetadata[]): Fields {
  const type = stepTypes[step.op] ?? 'RUN';
  const hasOutput = step.memo !== null || step.error !== null;
  return {
    runID: run.id,
    name: step.name,
    status: stepStatusNames[step.status],
    attempts: Math.max(0, step.attempts - 1),
    ...timesOf(step.created_at_ms, step.ended_at_ms),
    stepID: step.id,
    spanID: spanIdOf(run.id, step.id),
    isRoot: false,
    stepType: type,
    stepOp: type,
    outputID: hasOutput ? outputIdOf({ runId: run.id, stepId: step.id }) : null,
    childrenSpans: [],
    metadata: describeMetadata(metadata.filter(({ stepId }) => stepId === step.id)),
  };
}

function timesOf(startedAtMs: number, endedAtMs: number | null): Fields {
  const startedAt = new Date(startedAtMs).toISOString();
  return {
    queuedAt: startedAt,
    startedAt,
    endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
    duration: endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs),
  };
}

/** One entry for each kind, with what is known after all updates. */
function describeMetadata(updates: readonly StoredMetadata[]): readonly Fields[] {
  const groups = new Map<string, StoredMetadata[]>();
  for (const update of updates) {
    const key = `${update.scope}/${update.kind}/${update.attempt}`;
    groups.set(key, [...(groups.get(key) ?? []), update]);
  }
  return [...groups.values()].flatMap((group) => {
    const last = group.at(-1);
    if (last === undefined) return [];
    const updatedAt = new Date(idTimeMs(last.id)).toISOString();
    return [{ scope: last.scope, kind: last.kind, values: combine(group), updatedAt }];
  });
}

/** As long as a span's id is in OpenTelemetry. */
function spanIdOf(runId: string, part: string): string {
  return createHash('sha256').update(`${runId}/${part}`).digest('hex').slice(0, 16);
}
