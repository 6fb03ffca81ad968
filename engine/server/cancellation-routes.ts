import type { Hono } from 'hono';
import { z } from 'zod';
import type { BulkCanceller } from '../effects/bulk-canceller.ts';
import { compileExpression, InvalidExpression } from '../expressions/expression.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { Registry } from '../registry/registry.ts';
import {
  type BulkCancellation,
  deleteBulkCancellation,
  listBulkCancellations,
} from '../store/bulk-cancellations.ts';
import type { Database } from '../store/database.ts';
import { apiError, envelope, invalidRequest } from './api-answers.ts';
import { readJson } from './body.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const cancellationRequest = z.object({
  app_id: z.string().min(1),
  function_id: z.string().min(1),
  started_after: time.nullish(),
  started_before: time,
  if: z.string().max(limits.expressionLength).nullish(),
});

const listed = 100;

/** Cancelling runs in bulk (inngest.com/docs, bulk cancellation). */
export function addCancellationRoutes(
  app: Hono,
  parts: { registry: Registry; database: Database; bulkCanceller: BulkCanceller },
): void {
  const { registry, database, bulkCanceller } = parts;

  app.post('/v1/cancellations', async (context) => {
    const request = cancellationRequest.safeParse(await readJson(context, limits.apiRequestBytes));
    if (!request.success) return invalidRequest(context, request.error);

    const { app_id: appName, function_id: id } = request.data;
    const startedAfterMs = request.data.started_after ?? null;
    const nowMs = Date.now();
    const startedBeforeMs = Math.min(request.data.started_before, nowMs);
    if (request.data.started_before > nowMs + limits.cancellationSkewMs)
      return apiError(context, 400, 'Invalid request: started_before must be in the past');
    if (startedAfterMs !== null && startedAfterMs > startedBeforeMs)
      return apiError(context, 400, 'Invalid request: started_after must be before started_before');
    const fn = registry.findInApp(appName, id);
    if (fn === undefined) return apiError(context, 404, 'function not found');

    const expression = request.data.if || null;
    try {
      if (expression !== null) compileExpression(expression, ['event']);
    } catch (error) {
      if (!(error instanceof InvalidExpression)) throw error;
      return apiError(context, 400, `invalid expression: ${error.message}`);
    }
    const cancellation: BulkCancellation = {
      id: newId(),
      functionId: fn.id,
      createdAtMs: nowMs,
      startedAfterMs,
      startedBeforeMs,
      expression,
    };
    await bulkCanceller.request(cancellation);
    return context.json(envelope(describe(cancellation, fn.config.slug)));
  });

  app.get('/v1/cancellations', async (context) => {
    const all = await listBulkCancellations(database, listed);
    const slugOf = (functionId: string) => registry.find(functionId)?.config.slug ?? functionId;
    return context.json(envelope(all.map((each) => describe(each, slugOf(each.functionId)))));
  });

  app.delete('/v1/cancellations/:id', async (context) => {
    const id = context.req.param('id');
    const existed = await deleteBulkCancellation(database, id);
    return existed ? context.json(envelope({ ok: true })) : apiError(context, 404, 'Cancellation not found');
  });
}

function describe(cancellation: BulkCancellation, slug: string): object {
  const { id, functionId, createdAtMs, startedAfterMs, startedBeforeMs, expression } = cancellation;
  return {
    id,
    created_at: new Date(createdAtMs).toISOString(),
    function_id: slug,
    function_internal_id: functionId,
    started_after: startedAfterMs === null ? null : new Date(startedAfterMs).toISOString(),
    started_before: new Date(startedBeforeMs).toISOString(),
    ...(expression === null ? {} : { if: expression }),
  };
}
