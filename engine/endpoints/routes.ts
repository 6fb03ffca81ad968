import type { Hono } from 'hono';
import { z } from 'zod';
import type { Executor } from '../executor/executor.ts';
import { isId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import { streamTopicName } from '../realtime/hub.ts';
import type { Registry } from '../registry/registry.ts';
import { apiError, invalidRequest } from '../server/api-answers.ts';
import { readJson } from '../server/body.ts';
import { readOps } from '../server/read-ops.ts';
import type { Tokens } from '../server/tokens.ts';
import type { Database } from '../store/database.ts';
import { endpointFunction } from './endpoint-function.ts';
import { endpointEvent, endpointUrl } from './endpoint-request.ts';
import type { EndpointRuns } from './endpoint-runs.ts';
import { findEnded, outcomeText } from './outcome.ts';
import type { RunEnds } from './run-ends.ts';

export interface EndpointParts {
  readonly registry: Registry;
  readonly endpointRuns: EndpointRuns;
  readonly executor: Executor;
  readonly runEnds: RunEnds;
  readonly tokens: Tokens;
  readonly database: Database;
}

const newRunRequest = z.object({
  run_id: z.string().refine(isId, 'has to be a ULID'),
  event: endpointEvent,
  steps: z.array(z.unknown()).default([]),
  retries: z.number().int().min(0).optional(),
});

const stepsRequest = z.object({ fn_id: z.string(), steps: z.array(z.unknown()) });

const json = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };

/** Durable endpoints (inngest.com/docs/learn/durable-endpoints): what apps report of them, and their output for their clients. */
export function addEndpointRoutes(app: Hono, parts: EndpointParts): void {
  const { registry, endpointRuns, executor, runEnds, tokens, database } = parts;

  app.post('/v1/checkpoint', async (context) => {
    const request = newRunRequest.safeParse(await readJson(context, limits.checkpointRequestBytes));
    if (!request.success) return invalidRequest(context, request.error);
    const { run_id: runId, event, retries = limits.endpointRetries } = request.data;
    if (endpointUrl(event.data) === null)
      return apiError(context, 400, 'Invalid request: event.data names no address of an endpoint');
    const ops = readOps(request.data.steps);
    if ('problem' in ops) return apiError(context, ops.status, ops.problem);

    const fn = await endpointFunction(registry, event.data.fn, retries);
    const isOurs = await endpointRuns.ensure(runId, fn, event);
    if (!isOurs) return apiError(context, 409, `Cannot begin run "${runId}": another run has this id`);
    if (!(await executor.report(runId, fn.id, ops.ops))) return outdated(context);

    const topics = [{ channel: runId, name: streamTopicName }];
    return context.json({
      data: {
        fn_id: fn.id,
        app_id: fn.appId,
        run_id: runId,
        token: tokens.issue({ use: 'output', runId }, limits.outputTokenMs),
        realtime_token: tokens.issue({ use: 'subscribe', topics }, limits.streamTokenMs),
      },
    });
  });

  app.post('/v1/checkpoint/:runId/steps', async (context) => {
    const request = stepsRequest.safeParse(await readJson(context, limits.checkpointRequestBytes));
    if (!request.success) return invalidRequest(context, request.error);
    const ops = readOps(request.data.steps);
    if ('problem' in ops) return apiError(context, ops.status, ops.problem);
    const isKept = await executor.report(context.req.param('runId'), request.data.fn_id, ops.ops);
    return isKept ? context.body(null, 200) : outdated(context);
  });

  app.get('/v1/http/runs/:runId/output', async (context) => {
    const runId = context.req.param('runId');
    const grant = tokens.read(context.req.query('token'));
    if (grant?.use !== 'output' || grant.runId !== runId)
      return apiError(context, 401, 'Invalid or expired token');

    const wait = runEnds.wait(runId, limits.outputWaitMs);
    context.req.raw.signal.addEventListener('abort', wait.stop, { once: true });
    try {
      const run =
        (await findEnded(database, runId)) ?? (await wait.ended.then(() => findEnded(database, runId)));
      if (run === null)
        return context.body(
          '{"status":"running","message":"The run has not ended yet, ask again"}',
          202,
          json,
        );
      return context.body(outcomeText(run), run.status === 'completed' ? 200 : 500, json);
    } finally {
      wait.stop();
    }
  });
}

function outdated(context: Parameters<typeof apiError>[0]): Response {
  return apiError(context, 409, 'Stale report: the run is unknown, continued by the engine, or has ended');
}
