import { readDefers } from '../defers/defers.ts';
import type { JsonText } from '../protocol/canonical-json.ts';
import type { Job, Run, RunStatus, Step, StepStatus } from '../runs/run.ts';
import { isUnfinished, jobId } from '../runs/run.ts';
import type { WaitsFor } from '../waits/wait.ts';
import type { Database } from './database.ts';

interface RunRecord {
  id: string;
  function_id: string;
  function_version: number;
  event_id: string;
  event: JsonText;
  event_ids: readonly string[] | null;
  event_bytes: number;
  state_bytes: number;
  status: RunStatus;
  due_at_ms: number | null;
  attempt: number;
  generation: number;
  boot: number;
  job_number: number;
  request_version: number;
  planned: boolean;
  concurrency_1: string | null;
  concurrency_2: string | null;
  output: JsonText | null;
  error: JsonText | null;
  ended_at_ms: number | null;
  started_at_ms: number | null;
  defers: JsonText | null;
  deadline_at_ms: number | null;
  throttle_key: string | null;
}

interface StepRecord {
  run_id: string;
  id: string;
  name: string;
  op: string;
  status: StepStatus;
  place: number | null;
  memo: JsonText | null;
  error: JsonText | null;
  race: boolean;
  attempts: number;
  due_at_ms: number | null;
  attempt: number;
  generation: number;
  boot: number;
  job_number: number;
  created_at_ms: number;
  ended_at_ms: number | null;
  waits_for: string | null;
}

const stepColumns = `run_id, id, name, op, status, place, memo, error, race, attempts, due_at_ms, attempt, generation, boot, job_number,
  created_at_ms, ended_at_ms, waits_for`;

/** Reads runs with all their state. Unknown ids are left out. */
export async function loadRuns(database: Database, runIds: readonly string[]): Promise<readonly Run[]> {
  const [runs, steps] = await Promise.all([
    database.readPatiently<RunRecord>(
      `select r.*, e.payload as event from engine.runs r join engine.events e on e.id = r.event_id
       where r.id = any($1::text[])`,
      [runIds],
    ),
    database.readPatiently<StepRecord>(
      `select ${stepColumns} from engine.steps where run_id = any($1::text[]) order by run_id, place`,
      [runIds],
    ),
  ]);

  const batchEvents = await loadBatchEvents(database, runs);
  const loaded = new Map(runs.map((record) => [record.id, toRun(record, batchEvents)]));
  for (const record of steps) {
    const run = loaded.get(record.run_id);
    if (run === undefined) continue;
    run.steps.set(record.id, toStep(record, database.boot));
    if (record.place !== null) run.stack.push(record.id);
    run.stateBytes += Buffer.byteLength(record.memo ?? '');
    run.jobNumber = Math.max(run.jobNumber, record.job_number);
  }
  for (const record of runs) {
    const run = loaded.get(record.id);
    // The number of the discovery job is known when all steps are.
    if (run !== undefined)
      run.job = toJob(record, null, jobId(run.id, { number: run.jobNumber }), database.boot);
  }
  return [...loaded.values()];
}

async function loadBatchEvents(
  database: Database,
  runs: readonly RunRecord[],
): Promise<ReadonlyMap<string, JsonText>> {
  const ids = runs.flatMap(({ event_ids }) => event_ids ?? []);
  if (ids.length === 0) return new Map();
  const events = await database.readPatiently<{ id: string; payload: JsonText }>(
    'select id, payload from engine.events where id = any($1::text[])',
    [ids],
  );
  return new Map(events.map(({ id, payload }) => [id, payload]));
}

function toRun(record: RunRecord, batchEvents: ReadonlyMap<string, JsonText>): Run {
  const { event_ids: eventIds } = record;
  return {
    id: record.id,
    functionId: record.function_id,
    functionVersion: record.function_version,
    eventId: record.event_id,
    event: record.event,
    eventBytes: record.event_bytes,
    batch: eventIds && { eventIds, events: eventIds.map((id) => batchEvents.get(id) ?? 'null') },
    stateBytes: 0,
    notedStateBytes: record.state_bytes,
    concurrency: [record.concurrency_1, record.concurrency_2].filter((key) => key !== null),
    steps: new Map(),
    stack: [],
    status: record.status,
    job: null,
    jobNumber: record.job_number,
    requestVersion: record.request_version,
    planned: record.planned,
    rediscover: false,
    output: record.output,
    error: record.error,
    endedAtMs: record.ended_at_ms,
    defers: record.defers === null ? {} : readDefers(record.defers),
    startedAtMs: record.started_at_ms,
    deadlineAtMs: record.deadline_at_ms,
    throttleKey: record.throttle_key,
  };
}

function toStep(record: StepRecord, boot: number): Step {
  const step: Step = {
    id: record.id,
    name: record.name,
    op: record.op,
    status: record.status,
    place: record.place,
    memo: record.memo,
    error: record.error,
    race: record.race,
    attempts: record.attempts,
    job: null,
    createdAtMs: record.created_at_ms,
    endedAtMs: record.ended_at_ms,
    waitsFor: record.waits_for === null ? null : readWaitsFor(record.waits_for),
  };
  if (isUnfinished(step))
    step.job = toJob(record, record.id, jobId(record.run_id, { stepId: record.id }), boot);
  return step;
}

/** Only the engine writes the column. */
function readWaitsFor(text: JsonText): WaitsFor {
  return JSON.parse(text) as WaitsFor;
}

/**
 * Dispatches are not recorded when they happen, only when a job is retried. A job that an earlier life of the engine left
 * may have been dispatched once more than recorded in each of them, so the generation is raised by their number.
 */
function toJob(
  record: { due_at_ms: number | null; attempt: number; generation: number; boot: number },
  stepId: string | null,
  id: string,
  boot: number,
): Job | null {
  if (record.due_at_ms === null) return null;
  return {
    id,
    stepId,
    dueAtMs: record.due_at_ms,
    attempt: record.attempt,
    generation: record.generation + (boot - record.boot),
  };
}
