import type { Context, Hono } from 'hono';
import { idTimeMs } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import { type EventFacts, findEvent, findRun, findRunsOfEvent, type RunFacts } from '../store/inspect.ts';
import { apiError } from './api-error.ts';
import type { Access } from './auth.ts';

/** Answers questions about functions, events and runs, as the REST API of Inngest does (api-docs.inngest.com). */
export function addInspectRoutes(
  app: Hono,
  parts: { access: Access; registry: Registry; database: Database; dev: boolean },
): void {
  const { access, registry, database, dev } = parts;

  app.get('/dev', (context) => {
    if (!access.mayUseApi(context.req.header('authorization')))
      return apiError(context, 401, 'Invalid signing key');
    const functions = registry.list().map(describeFunction);
    return context.json({
      version: 'courseport',
      authed: false,
      startOpts: { dev },
      functions,
      handlers: [],
    });
  });

  app.get('/v1/events/:eventId', async (context) => {
    const event = await findEvent(database, context.req.param('eventId'));
    return event === undefined ? notFound(context, 'Event') : context.json(envelope(describeEvent(event)));
  });

  app.get('/v1/events/:eventId/runs', async (context) => {
    const eventId = context.req.param('eventId');
    const runs = await findRunsOfEvent(database, eventId);
    if (runs.length === 0 && (await findEvent(database, eventId)) === undefined)
      return notFound(context, 'Event');
    return context.json(envelope(runs.map(describeRun)));
  });

  app.get('/v1/runs/:runId', async (context) => {
    const run = await findRun(database, context.req.param('runId'));
    return run === undefined ? notFound(context, 'Run') : context.json(envelope(describeRun(run)));
  });
}

function notFound(context: Context, what: string): Response {
  return apiError(context, 404, `${what} not found`);
}

function envelope(data: unknown): { data: unknown; metadata: { fetched_at: string } } {
  return { data, metadata: { fetched_at: new Date().toISOString() } };
}

function describeFunction(fn: RegisteredFunction): object {
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

function describeEvent(event: EventFacts): object {
  const payload: unknown = JSON.parse(event.payload);
  return { ...(payload as object), internal_id: event.id, received_at: toIso(event.received_at_ms) };
}

const statusNames = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
} as const;

function describeRun(run: RunFacts): object {
  const outcome = run.status === 'running' ? null : (run.output ?? run.error ?? '{}');
  return {
    run_id: run.id,
    run_started_at: toIso(idTimeMs(run.id)),
    function_id: run.function_id,
    function_version: run.function_version,
    environment_id: '00000000-0000-4000-b000-000000000000',
    event_id: run.event_id,
    status: statusNames[run.status],
    ended_at: run.ended_at_ms === null ? null : toIso(run.ended_at_ms),
    output: outcome === null ? null : JSON.parse(outcome),
  };
}

function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
