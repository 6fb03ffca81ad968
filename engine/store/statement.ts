import { admissionSectionNames } from './admission-rows.ts';
import { admissionSections } from './admission-sections.ts';
import { newRunColumns } from './new-run-columns.ts';
import type { Row } from './rows.ts';

/**
 * The sections of the one statement that writes a batch. Data-modifying CTEs of one statement are one transaction in one
 * round trip; a batch names only the sections it needs, and each combination is prepared once.
 */
export interface Section {
  readonly name: SectionName;
  /** The PostgreSQL types of the columns of a row. */
  readonly types: readonly string[];
  /** `input` is an expression for the rows; its columns are those of `types`. */
  sql(input: string): string;
}

export const sectionNames = [
  'events',
  'newRuns',
  'runs',
  'steps',
  'effects',
  'doneEffects',
  'bulkCancellations',
  'throttles',
  'waits',
  ...admissionSectionNames,
  'metadata',
] as const;
export type SectionName = (typeof sectionNames)[number];

const events: Section = {
  name: 'events',
  types: ['text', 'text', 'text', 'bigint', 'json'],
  sql: (input) => `
    new_events as (
      insert into engine.events (id, external_id, name, received_at_ms, payload)
      select * from ${input} as input
      on conflict do nothing
      returning id, received_at_ms
    )`,
};

const newRunColumnList = Object.keys(newRunColumns).join(', ');

// A key whose entry has expired is taken over by the new run; a live entry keeps the run from coming into being.
const newRuns: Section = {
  name: 'newRuns',
  types: [...Object.values(newRunColumns), 'text', 'bigint'],
  sql: (input) => `
    candidates as materialized (
      select c.*, e.received_at_ms
      from ${input} as c (${newRunColumnList}, key, expires_at_ms)
      join new_events e on e.id = c.event_id
    ),
    taken_keys as (
      insert into engine.idempotency as known (function_id, key, run_id, expires_at_ms)
      select function_id, key, min(id), min(expires_at_ms) from candidates where key is not null group by function_id, key
      on conflict (function_id, key) do update set run_id = excluded.run_id, expires_at_ms = excluded.expires_at_ms
        where known.expires_at_ms < (select min(received_at_ms) from candidates)
      returning run_id
    ),
    new_runs as (
      insert into engine.runs (${newRunColumnList}, status)
      select ${newRunColumnList}, 'running'
      from candidates where key is null or id in (select run_id from taken_keys)
      on conflict do nothing
      returning id
    )`,
};

const runs: Section = {
  name: 'runs',
  types: [
    ...['text', 'text', 'bigint', 'integer', 'integer', 'integer', 'integer', 'boolean', 'integer'],
    ...['json', 'json', 'bigint', 'bigint', 'bigint', 'text', 'integer', 'json'],
  ],
  sql: (input) => `
    changed_runs as (
      update engine.runs as r
      set status = i.status, due_at_ms = i.due_at_ms, attempt = i.attempt, generation = i.generation, boot = i.boot,
        request_version = i.request_version, planned = i.planned, state_bytes = i.state_bytes,
        output = i.output, error = i.error, ended_at_ms = i.ended_at_ms, started_at_ms = i.started_at_ms,
        deadline_at_ms = i.deadline_at_ms, throttle_key = i.throttle_key, job_number = i.job_number,
        defers = i.defers
      from ${input} as i (id, status, due_at_ms, attempt, generation, boot, request_version, planned, state_bytes,
        output, error, ended_at_ms, started_at_ms, deadline_at_ms, throttle_key, job_number, defers)
      where r.id = i.id
    )`,
};

const steps: Section = {
  name: 'steps',
  types: [
    ...['text', 'text', 'text', 'text', 'text', 'integer', 'json', 'json', 'boolean', 'integer', 'bigint'],
    ...[
      'integer',
      'integer',
      'integer',
      'text',
      'text',
      'bigint',
      'bigint',
      'uuid',
      'json',
      'json',
      'integer',
    ],
  ],
  sql: (input) => `
    changed_steps as (
      insert into engine.steps (run_id, id, name, op, status, place, memo, error, race, attempts, due_at_ms,
        attempt, generation, boot, concurrency_1, concurrency_2, created_at_ms, ended_at_ms, function_id, waits_for, input,
        job_number)
      select * from ${input} as input
      on conflict (run_id, id) do update set name = excluded.name, op = excluded.op, status = excluded.status,
        place = excluded.place, memo = excluded.memo, error = excluded.error, race = excluded.race,
        attempts = excluded.attempts,
        due_at_ms = excluded.due_at_ms, attempt = excluded.attempt, generation = excluded.generation,
        boot = excluded.boot, concurrency_1 = excluded.concurrency_1, concurrency_2 = excluded.concurrency_2,
        ended_at_ms = excluded.ended_at_ms, function_id = excluded.function_id,
        waits_for = excluded.waits_for, input = coalesce(excluded.input, engine.steps.input), job_number = excluded.job_number
    )`,
};

const effects: Section = {
  name: 'effects',
  types: ['text', 'text', 'text', 'text'],
  sql: (input) => `
    new_effects as (
      insert into engine.effects (event_id, kind, target, before_id)
      select i.* from ${input} as i (event_id, kind, target, before_id)
      join new_events e on e.id = i.event_id
      on conflict do nothing
      returning event_id
    )`,
};

const doneEffects: Section = {
  name: 'doneEffects',
  types: ['text', 'text', 'text', 'text'],
  sql: (input) => `
    done_effects as (
      delete from engine.effects as e
      using ${input} as i (event_id, kind, target, before_id)
      where e.event_id = i.event_id and e.kind = i.kind and e.target = i.target
    )`,
};

const bulkCancellations: Section = {
  name: 'bulkCancellations',
  types: ['text', 'uuid', 'bigint', 'bigint', 'bigint', 'text'],
  sql: (input) => `
    new_bulk_cancellations as (
      insert into engine.bulk_cancellations (id, function_id, created_at_ms, started_after_ms, started_before_ms, expression)
      select * from ${input} as input
      on conflict do nothing
    )`,
};

const throttles: Section = {
  name: 'throttles',
  types: ['text', 'double precision'],
  sql: (input) => `
    changed_throttles as (
      insert into engine.throttles (key, drained_at_ms)
      select * from ${input} as input
      on conflict (key) do update set drained_at_ms = excluded.drained_at_ms
    )`,
};

// A batch names a wait once: as it is opened or, if it is gone by then, as it is closed.
const waits: Section = {
  name: 'waits',
  types: ['text', 'text', 'text', 'text', 'text', 'text', 'json', 'text', 'text', 'json', 'boolean'],
  sql: (input) => `
    changed_waits as materialized (
      select * from ${input} as i (run_id, step_id, kind, name, set_id, expression, event, path, value_hash, request, is_open)
    ),
    new_waits as (
      insert into engine.waits (run_id, step_id, kind, name, set_id, expression, event, path, value_hash, request)
      select run_id, step_id, kind, name, set_id, expression, event, path, value_hash, request
      from changed_waits where is_open
      on conflict do nothing
    ),
    done_waits as (
      delete from engine.waits as w
      using changed_waits i
      where not i.is_open and w.run_id = i.run_id and w.step_id = i.step_id
    )`,
};

const metadata: Section = {
  name: 'metadata',
  types: ['text', 'text', 'text', 'integer', 'text', 'text', 'text', 'json'],
  sql: (input) => `
    new_metadata as (
      insert into engine.metadata (run_id, id, step_id, attempt, scope, kind, op, "values")
      select * from ${input} as input
      on conflict do nothing
    )`,
};

const sections: readonly Section[] = [
  events,
  newRuns,
  runs,
  steps,
  effects,
  doneEffects,
  bulkCancellations,
  throttles,
  waits,
  ...admissionSections,
  metadata,
];

export type BatchRows = Readonly<Record<SectionName, readonly Row[]>>;

export interface Statement {
  /** Under this name the statement is prepared once for a connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly (readonly unknown[])[];
}

const texts = new Map<string, string>();

/** The statement that writes these rows. It returns the ids of new runs, and of the events of new effects. */
export function statementFor(rows: BatchRows): Statement {
  const used = sections.filter((section) => rows[section.name].length > 0);
  const name = `write-${used.map((section) => sections.indexOf(section)).join('-')}`;
  const text = texts.get(name) ?? buildText(used);
  texts.set(name, text);

  const values = used.flatMap((section) =>
    section.types.map((_, column) => rows[section.name].map((row) => row[column] ?? null)),
  );
  return { name, text, values };
}

function buildText(used: readonly Section[]): string {
  let parameter = 0;
  const parts = used.map((section) => {
    const arrays = section.types.map((type) => {
      parameter += 1;
      return `$${parameter}::${type}[]`;
    });
    return section.sql(`unnest(${arrays.join(', ')})`);
  });
  const created = ['select null::text as id where false'];
  if (used.includes(newRuns)) created.push('select id from new_runs');
  if (used.some(({ name }) => name === 'admittedRuns')) created.push('select id from admitted_runs');
  if (used.includes(effects)) created.push('select event_id from new_effects');
  return `with ${parts.join(',')} ${created.join(' union all ')}`;
}
