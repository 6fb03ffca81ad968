import type { Hono } from 'hono';
import { z } from 'zod';
import { eventsText, stepsText } from '../executor/call.ts';
import type { Executor } from '../executor/executor.ts';
import { limits } from '../protocol/limits.ts';
import type { RunCache } from '../runs/cache.ts';
import { apiError } from './api-answers.ts';
import { readJson } from './body.ts';
import { readOps } from './read-ops.ts';

const checkpointRequest = z.object({
  fn_id: z.string(),
  qi_id: z.string(),
  /** Older SDKs do not send it. */
  generation_id: z.number().int().nullish(),
  steps: z.array(z.unknown()),
});

/** What an app asks while it runs a function: checkpoints, and state that was too large for the call. */
export function addRunRoutes(app: Hono, parts: { executor: Executor; runs: RunCache }): void {
  const { executor, runs } = parts;

  app.post('/v1/checkpoint/:runId/async', async (context) => {
    const runId = context.req.param('runId');
    const request = checkpointRequest.safeParse(await readJson(context, limits.checkpointRequestBytes));
    if (!request.success) return apiError(context, 400, 'Invalid request: fn_id, qi_id and steps are needed');

    if (runs.isOverfull)
      return apiError(
        context,
        503,
        'Cannot keep steps at the moment: the state of the runs that are called fills the memory, try again',
      );
    const read = readOps(request.data.steps);
    if ('problem' in read) return apiError(context, read.status, read.problem);
    const other = read.ops.find((op) => !checkpointOps.includes(op.op));
    if (other !== undefined)
      return apiError(
        context,
        400,
        `Cannot checkpoint the operation ${other.op}: it has to be the answer to a call`,
      );
    const run = await runs.use(runId, async (found) => found);
    if (run === undefined || run.functionId !== request.data.fn_id)
      return apiError(context, 400, `Unknown run "${runId}"`);

    const { fn_id: functionId, qi_id: jobId, generation_id: generation = null } = request.data;
    const outcome = await executor.checkpoint({ runId, functionId, jobId, generation }, read.ops);
    if (outcome === 'over')
      return apiError(context, 413, 'The run has failed: it has too many steps, or they are too large');
    if (outcome === 'outdated')
      return apiError(
        context,
        409,
        'Stale dispatch: this call was replaced by a newer one, or its run has ended',
      );
    return context.body(null, 200);
  });

  app.get('/v0/runs/:runId/batch', async (context) => {
    const text = await runs.use(context.req.param('runId'), async (run) => eventsText(run));
    return text === undefined ? apiError(context, 404, 'Run not found') : context.body(text, 200, json);
  });

  app.get('/v0/runs/:runId/actions', async (context) => {
    const text = await runs.use(context.req.param('runId'), async (run) => stepsText(run, run.stack));
    return text === undefined ? apiError(context, 404, 'Run not found') : context.body(text, 200, json);
  });

  app.delete('/v1/runs/:runId', async (context) => {
    const runId = context.req.param('runId');
    const known = await runs.use(runId, async () => true);
    if (!known) return apiError(context, 404, `Run "${runId}" was not found`);
    await executor.cancel(runId);
    return context.body(null, 200);
  });
}

const json = { 'content-type': 'application/json' };

const checkpointOps: readonly string[] = ['StepRun', 'StepPlanned', 'DeferAdd', 'DeferAbort'];
