import type { Hono } from 'hono';
import { z } from 'zod';
import { eventsText, stepsText } from '../executor/call.ts';
import type { Executor } from '../executor/executor.ts';
import { limits } from '../protocol/limits.ts';
import type { RunCache } from '../runs/cache.ts';
import { MalformedOp, type Op, parseOp, UnsupportedOp } from '../runs/ops.ts';
import { apiError } from './api-answers.ts';
import { readJson } from './body.ts';

const checkpointRequest = z.object({
  fn_id: z.string(),
  qi_id: z.string(),
  generation_id: z.number().int(),
  steps: z.array(z.unknown()),
});

/** What an app asks while it runs a function: checkpoints, and state that was too large for the call. */
export function addRunRoutes(app: Hono, parts: { executor: Executor; runs: RunCache }): void {
  const { executor, runs } = parts;

  app.post('/v1/checkpoint/:runId/async', async (context) => {
    const runId = context.req.param('runId');
    const request = checkpointRequest.safeParse(await readJson(context, limits.checkpointRequestBytes));
    if (!request.success)
      return apiError(context, 400, 'Invalid request: fn_id, qi_id, generation_id and steps are needed');

    const ops = readOps(request.data.steps);
    if (typeof ops === 'string') return apiError(context, 400, ops);
    const tooLarge = ops.find((op) => Buffer.byteLength(op.data) > limits.stepOutputBytes);
    if (tooLarge)
      return apiError(
        context,
        413,
        `step output size is greater than the limit: step "${tooLarge.displayName}"`,
      );
    const run = await runs.use(runId, async (found) => found);
    if (run === undefined || run.functionId !== request.data.fn_id)
      return apiError(context, 400, `Unknown run "${runId}"`);

    const { fn_id: functionId, qi_id: jobId, generation_id: generation } = request.data;
    const isKept = await executor.checkpoint({ runId, functionId, jobId, generation }, ops);
    if (!isKept)
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
    const text = await runs.use(context.req.param('runId'), async (run) => stepsText(run));
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

const checkpointOps: readonly string[] = ['StepRun', 'StepPlanned'];

/** The operations of a checkpoint, or why they cannot be taken. */
function readOps(values: readonly unknown[]): readonly Op[] | string {
  try {
    const ops = values.map(parseOp);
    const other = ops.find((op) => !checkpointOps.includes(op.op));
    return other === undefined
      ? ops
      : `Cannot checkpoint the operation ${other.op}: it has to be the answer to a call`;
  } catch (error) {
    if (error instanceof MalformedOp || error instanceof UnsupportedOp) return error.message;
    // A value that cannot be written as JSON again, as one that is nested absurdly deep.
    if (error instanceof TypeError) return `Invalid request: ${error.message}`;
    throw error;
  }
}
