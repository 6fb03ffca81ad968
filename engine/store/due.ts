import type { Database } from './database.ts';

/** A job as the scheduler sees it. */
export interface DueJob {
  readonly runId: string;
  readonly functionId: string;
  /** Null for a discovery job. */
  readonly stepId: string | null;
  readonly dueAtMs: number;
  /** Continues what a call has begun. Such jobs go before starts of runs. */
  readonly isBegun: boolean;
  /** The counters of which its call takes one place. */
  readonly concurrency: readonly string[];
  /** The throttle of which the start of the run takes one place; null when it has, or when there is none. */
  readonly throttleKey: string | null;
  /** What the run takes up in memory, roughly. */
  readonly bytes: number;
}

interface DueRecord {
  run_id: string;
  function_id: string;
  step_id: string | null;
  due_at_ms: number;
  is_begun: boolean;
  concurrency_1: string | null;
  concurrency_2: string | null;
  throttle_key: string | null;
  bytes: number;
}

const runColumns = `id as run_id, function_id, null as step_id, due_at_ms, attempt > 0 as is_begun,
  concurrency_1, concurrency_2, throttle_key, event_bytes + state_bytes as bytes`;
const stepColumns = `run_id, function_id, id as step_id, due_at_ms, true as is_begun,
  concurrency_1, concurrency_2, null as throttle_key,
  (select r.event_bytes + r.state_bytes from engine.runs r where r.id = run_id) as bytes`;

const isNewRun = 'not id = any($1::text[])';
const isNewStep = `not run_id || '/' || id = any($1::text[])`;
const isNotPassedOver = (columns: readonly string[]) =>
  columns
    .map((column) => `and (${column} is null or not function_id || ' ' || ${column} = any($2::text[]))`)
    .join(' ');

const counterColumns = ['concurrency_1', 'concurrency_2'];
const gateColumns = [...counterColumns, 'throttle_key'];

// Each part is read from an index in the order of due_at_ms and cut before the parts are joined.
const dueOfFunctions = `
  select j.* from unnest($4::uuid[], $5::int[], $6::int[]) as wanted (function_id, begun, fresh)
  cross join lateral (
    (select ${runColumns} from engine.runs as r
     where r.function_id = wanted.function_id and due_at_ms is not null and due_at_ms <= $3 and attempt = 0
       and ${isNewRun} ${isNotPassedOver(gateColumns)}
     order by due_at_ms, id limit wanted.fresh)
    union all
    (select ${runColumns} from engine.runs as r
     where r.function_id = wanted.function_id and due_at_ms is not null and due_at_ms <= $3 and attempt > 0
       and ${isNewRun} ${isNotPassedOver(gateColumns)}
     order by due_at_ms, id limit wanted.begun)
    union all
    (select ${stepColumns} from engine.steps as s
     where s.function_id = wanted.function_id and due_at_ms is not null and due_at_ms <= $3
       and ${isNewStep} ${isNotPassedOver(counterColumns)}
     order by due_at_ms, run_id limit wanted.begun)
  ) as j`;

const waitingPart = (table: 'runs' | 'steps', column: string) => {
  const columns = table === 'runs' ? gateColumns : counterColumns;
  const others = columns.filter((other) => other !== column);
  return `
    (select ${table === 'runs' ? runColumns : stepColumns} from engine.${table}
     where ${column} = wanted.gate and function_id = wanted.function_id and due_at_ms is not null and due_at_ms <= $3
       and ${table === 'runs' ? isNewRun : isNewStep} ${isNotPassedOver(others)}
     order by due_at_ms limit $6)`;
};

const dueOfGates = `
  select wanted.gate, j.* from unnest($4::uuid[], $5::text[]) as wanted (function_id, gate)
  cross join lateral (${[
    ...gateColumns.map((column) => waitingPart('runs', column)),
    ...counterColumns.map((column) => waitingPart('steps', column)),
  ].join(' union all ')}) as j`;

/** The jobs of a function that have to pass a gate: a counter of a concurrency limit, or a throttle. */
export interface GateOfFunction {
  readonly functionId: string;
  readonly gate: string;
}

/** What questions for jobs leave out. */
export interface Without {
  /** Keys of jobs that the scheduler holds. */
  readonly held: readonly string[];
  readonly gates: readonly GateOfFunction[];
}

/** How many jobs of a function are wanted at most. */
export interface FunctionDemand {
  readonly functionId: string;
  readonly begun: number;
  readonly fresh: number;
}

/** Jobs of some functions that are due until `untilMs`. Of each function and kind come the earliest ones. */
export async function findDueJobs(
  database: Database,
  query: { demands: readonly FunctionDemand[]; untilMs: number; without: Without },
): Promise<readonly DueJob[]> {
  const { demands, untilMs, without } = query;
  const records = await database.readPatiently<DueRecord>(dueOfFunctions, [
    without.held,
    without.gates.map(nameOf),
    untilMs,
    demands.map(({ functionId }) => functionId),
    demands.map(({ begun }) => begun),
    demands.map(({ fresh }) => fresh),
  ]);
  return records.map(toDueJob);
}

/** Jobs that have to pass gates, due until `untilMs`: for each gate the earliest ones, `limit` at least if there are so many. */
export async function findWaitingJobs(
  database: Database,
  query: { gates: readonly GateOfFunction[]; limit: number; untilMs: number; without: Without },
): Promise<readonly (GateOfFunction & { readonly jobs: readonly DueJob[] })[]> {
  const { gates, limit, untilMs, without } = query;
  const records = await database.readPatiently<DueRecord & { gate: string }>(dueOfGates, [
    without.held,
    without.gates.map(nameOf),
    untilMs,
    gates.map(({ functionId }) => functionId),
    gates.map(({ gate }) => gate),
    limit,
  ]);
  const byName = new Map(gates.map((wanted) => [nameOf(wanted), { ...wanted, jobs: [] as DueJob[] }]));
  for (const record of records) {
    byName.get(nameOf({ functionId: record.function_id, gate: record.gate }))?.jobs.push(toDueJob(record));
  }
  return [...byName.values()];
}

/** As the statements above put a function and a gate together. */
function nameOf({ functionId, gate }: GateOfFunction): string {
  return `${functionId} ${gate}`;
}

/** When the buckets of throttles will have drained, in ms since 1970. Those that are empty may be missing. */
export async function findThrottles(
  database: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const records = await database.readPatiently<{ key: string; drained_at_ms: number }>(
    'select key, drained_at_ms from engine.throttles where key = any($1::text[])',
    [keys],
  );
  return new Map(records.map((record) => [record.key, record.drained_at_ms]));
}

function toDueJob(record: DueRecord): DueJob {
  return {
    runId: record.run_id,
    functionId: record.function_id,
    stepId: record.step_id,
    dueAtMs: record.due_at_ms,
    isBegun: record.is_begun,
    concurrency: [record.concurrency_1, record.concurrency_2].filter((key) => key !== null),
    throttleKey: record.throttle_key,
    bytes: record.bytes,
  };
}
