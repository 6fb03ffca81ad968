import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Registry } from '../registry/registry.ts';
import type { Database } from '../store/database.ts';
import { findEvent, findRun, findRunsOfEvent } from '../store/inspect.ts';
import { listEvents } from '../store/list-events.ts';
import { listJobs } from '../store/list-jobs.ts';
import { apiError, envelope, invalidRequest } from './api-answers.ts';
import type { Access } from './auth.ts';
import { describeEvent, describeFunction, describeJob, describeRun } from './describe.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const eventsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  name: z.string().optional(),
  cursor: z.string().optional(),
  received_after: time.optional(),
  received_before: time.optional(),
});

/** Answers questions about functions, events and runs, as the REST API of Inngest does (api-docs.inngest.com). */
export function addInspectRoutes(
  app: Hono,
  parts: { access: Access; registry: Registry; database: Database; dev: boolean },
): void {
  const { access, registry, database, dev } = parts;

  app.get('/dev', (context) => {
    if (!access.mayUseApi(context.req.header('authorization')))
      return apiError(context, 401, 'Invalid signing key');
    return context.json({
      version: 'courseport',
      authed: false,
      startOpts: { dev },
      functions: registry.list().map(describeFunction),
      handlers: [],
    });
  });

  app.get('/v1/apps/:name/functions', (context) => {
    const name = context.req.param('name');
    const functions = registry.list().filter((fn) => fn.appName === name);
    if (functions.length === 0 && !registry.hasApp(name)) return notFound(context, 'App');
    return context.json(envelope(functions.map(describeFunction)));
  });

  app.get('/v1/events', async (context) => {
    const query = eventsQuery.safeParse(context.req.query());
    if (!query.success) return invalidRequest(context, query.error);
    const { limit, name, cursor, received_after: after, received_before: before } = query.data;
    const events = await listEvents(database, {
      limit,
      name: name ?? null,
      cursor: cursor ?? null,
      receivedAfterMs: after ?? null,
      receivedBeforeMs: before ?? null,
      withInternal: true,
    });
    return context.json(envelope(events.map(describeEvent)));
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

  app.get('/v1/runs/:runId/jobs', async (context) => {
    const runId = context.req.param('runId');
    const jobs = await listJobs(database, runId);
    if (jobs.length === 0 && (await findRun(database, runId)) === undefined) return notFound(context, 'Run');
    return context.json(envelope(jobs.map((job) => describeJob(runId, job))));
  });
}

function notFound(context: Context, what: string): Response {
  return apiError(context, 404, `${what} not found`);
}
