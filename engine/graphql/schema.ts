import { isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import {
  type EventFacts,
  findEvent,
  findRun,
  findRunsOfEvent,
  findSteps,
  type RunFacts,
} from '../store/inspect.ts';
import { findRunsOfEvents, listEvents } from '../store/list-events.ts';
import { findMetadata } from '../store/metadata.ts';
import { outputOf, parseOutputId } from './output.ts';
import { type Fields, QueryProblem } from './query.ts';
import { runStatusName, traceOf } from './trace.ts';

const maxEvents = 1_000;
const defaultEvents = 50;

/** What may be asked at `POST /v0/gql`: runs with their traces and outputs, events with the runs they started. */
export function rootFields(database: Database, registry: Registry): Fields {
  const describeFunction = (functionId: string, slug: string): Fields => {
    const name = registry.find(functionId)?.config.name ?? slug;
    return { id: functionId, slug, name };
  };
  const readTrace = async (run: RunFacts) =>
    traceOf(run, await findSteps(database, run.id), await findMetadata(database, run.id));
  const describeRun = (run: RunFacts): Fields => ({
    id: run.id,
    status: runStatusName(run),
    eventName: run.event_name,
    output: run.output ?? run.error,
    function: describeFunction(run.function_id, run.slug),
    trace: () => readTrace(run),
  });
  const requireRun = async (args: JsonObject) => {
    const run = await findRun(database, textOf(args.runID));
    if (run === undefined) throw new QueryProblem('run not found');
    return run;
  };
  const readEvents = async (args: JsonObject) => {
    const query = isJsonObject(args.query) ? args.query : {};
    const events = await listEvents(database, {
      limit: countOf(query.limit),
      name: null,
      cursor: null,
      receivedAfterMs: null,
      receivedBeforeMs: null,
      withInternal: query.includeInternalEvents !== false,
    });
    let runs: Promise<readonly RunFacts[]> | null = null;
    const runsOf = async (eventId: string) => {
      runs ??= findRunsOfEvents(
        database,
        events.map(({ id }) => id),
      );
      return (await runs)
        .filter((run) => (run.event_ids ?? [run.event_id]).includes(eventId))
        .map(describeRun);
    };
    return events.map((event) => ({ ...describeEvent(event), runs: () => runsOf(event.id) }));
  };

  return {
    run: async (args: JsonObject) => describeRun(await requireRun(args)),
    runTrace: async (args: JsonObject) => await readTrace(await requireRun(args)),
    runTraceSpanOutputByID: async (args: JsonObject) => {
      const place = parseOutputId(textOf(args.outputID));
      const run = place === null ? undefined : await findRun(database, place.runId);
      if (place === null || run === undefined) throw new QueryProblem('output not found');
      const steps = place.stepId === null ? [] : await findSteps(database, run.id);
      return outputOf(run, steps, place.stepId);
    },
    eventV2: async (args: JsonObject) => {
      const event = await findEvent(database, textOf(args.id));
      if (event === undefined) throw new QueryProblem('event not found', { isFatal: true });
      return {
        ...describeEvent(event),
        runs: async () => (await findRunsOfEvent(database, event.id)).map(describeRun),
      };
    },
    events: readEvents,
    stream: readEvents,
    functions: () => registry.list().map((fn) => describeFunction(fn.id, fn.config.slug)),
  };
}

function describeEvent(event: EventFacts): Fields {
  const payload: unknown = JSON.parse(event.payload);
  const { data = {}, id = '' } = isJsonObject(payload) ? payload : {};
  const receivedAt = new Date(event.received_at_ms).toISOString();
  return {
    id: event.id,
    name: event.name,
    trigger: event.name,
    type: 'EVENT',
    raw: event.payload,
    payload: JSON.stringify(data),
    idempotencyKey: id === event.id ? '' : String(id),
    receivedAt,
    createdAt: receivedAt,
  };
}

/** PostgreSQL has no text with a NUL in it, so nothing has such an id. */
function textOf(value: unknown): string {
  return typeof value === 'string' && !value.includes('\0') ? value : '';
}

function countOf(value: unknown): number {
  const isCount = typeof value === 'number' && Number.isInteger(value) && value > 0;
  return isCount ? Math.min(value, maxEvents) : defaultEvents;
}
