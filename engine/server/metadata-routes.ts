import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { z } from 'zod';
import {
  InvalidMetadata,
  type MetadataScope,
  type MetadataUpdate,
  parseUpdate,
  type StoredMetadata,
} from '../metadata/metadata.ts';
import { newId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { Database } from '../store/database.ts';
import { findRun, findSteps, type StepFacts } from '../store/inspect.ts';
import { sumMetadataBytes } from '../store/metadata.ts';
import type { Writer } from '../store/writer.ts';
import { apiError, envelope, invalidRequest } from './api-answers.ts';
import { readJson } from './body.ts';

const metadataRequest = z.object({
  target: z.object({
    /** The id that the function's author gave to the step, or its hash. */
    step_id: z.string().nullish(),
    step_index: z.number().int().min(0).nullish(),
    /** -1 is the last one. */
    step_attempt: z.number().int().min(-1).nullish(),
    span_id: z.string().nullish(),
  }),
  metadata: z.array(z.unknown()).max(limits.metadataUpdatesPerOp),
});
type Target = z.infer<typeof metadataRequest>['target'];

/** `POST /v1/runs/:runId/metadata`: an app says something about a run or a step, such as a score. */
export function addMetadataRoutes(app: Hono, parts: { database: Database; writer: Writer }): void {
  const { database, writer } = parts;

  app.post('/v1/runs/:runId/metadata', async (context) => {
    const runId = context.req.param('runId');
    const request = metadataRequest.safeParse(await readJson(context, limits.apiRequestBytes));
    if (!request.success) return invalidRequest(context, request.error);
    const { target } = request.data;
    const isStepNamed = target.step_id !== undefined && target.step_id !== null;
    const needsStep = [target.step_index, target.step_attempt, target.span_id].some(
      (value) => value !== undefined && value !== null,
    );
    if (needsStep && !isStepNamed)
      return apiError(context, 400, 'Invalid metadata target: step_id is needed beside what tells of a step');

    const updates = readUpdates(request.data.metadata);
    if (typeof updates === 'string') return apiError(context, 400, updates);
    if ((await findRun(database, runId)) === undefined)
      return apiError(context, 404, 'Unable to find metadata target: run not found');
    const step = isStepNamed ? findStep(await findSteps(database, runId), target) : null;
    if (step === undefined)
      return apiError(context, 404, 'Unable to find metadata target: the run has no such step');

    const bytes = updates.reduce((sum, { values }) => sum + Buffer.byteLength(values), 0);
    const allBytes = bytes + (await sumMetadataBytes(database, runId));
    if (allBytes > limits.runMetadataBytes) {
      return apiError(
        context,
        413,
        `Cumulative metadata size exceeds limit: it would be ${allBytes} bytes, ${limits.runMetadataBytes} are allowed`,
      );
    }
    const about = { runId, stepId: step?.id ?? null, ...scopeOf(target, step) };
    await writer.commit(
      { metadata: updates.map((update): StoredMetadata => ({ id: newId(), ...about, ...update })) },
      'refuse',
    );
    return context.json(envelope({ ok: true }));
  });
}

function readUpdates(values: readonly unknown[]): readonly MetadataUpdate[] | string {
  try {
    return values.map(parseUpdate);
  } catch (error) {
    if (error instanceof InvalidMetadata) return error.message;
    throw error;
  }
}

function findStep(steps: readonly StepFacts[], target: Target): StepFacts | undefined {
  const { step_id: name = '', step_index: index } = target;
  const hashed = createHash('sha1')
    .update(index ? `${name}:${index}` : `${name}`)
    .digest('hex');
  return steps.find(({ id }) => id === name || id === hashed);
}

function scopeOf(target: Target, step: StepFacts | null): { scope: MetadataScope; attempt: number | null } {
  if (step === null) return { scope: 'run', attempt: null };
  if (typeof target.span_id === 'string') return { scope: 'extended_trace', attempt: null };
  if (typeof target.step_attempt !== 'number') return { scope: 'step', attempt: null };
  const lastAttempt = Math.max(0, step.attempts - 1);
  return { scope: 'step_attempt', attempt: target.step_attempt < 0 ? lastAttempt : target.step_attempt };
}
