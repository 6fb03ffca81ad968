import type { Hono } from 'hono';
import { z } from 'zod';
import type { Executor } from '../executor/executor.ts';
import { limits } from '../protocol/limits.ts';
import type { Signals } from '../waits/signals.ts';
import { apiError, envelope, invalidRequest } from './api-answers.ts';
import { readJson } from './body.ts';

const signalRequest = z.object({ signal: z.string().min(1), data: z.unknown().optional() });

/** `POST /v1/signals`: resumes the step that waits for a signal (api-docs.inngest.com, signals). */
export function addSignalRoutes(app: Hono, parts: { signals: Signals; executor: Executor }): void {
  const { signals, executor } = parts;

  app.post('/v1/signals', async (context) => {
    const request = signalRequest.safeParse(await readJson(context, limits.eventBytes));
    if (!request.success) return invalidRequest(context, request.error);

    const { signal, data } = request.data;
    const runId = await signals.send({ signal, data }, (...wait) => executor.settle(...wait));
    if (runId === null) return apiError(context, 404, 'No signal found');
    return context.json(envelope({ run_id: runId }));
  });
}
