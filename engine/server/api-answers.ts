import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';

/** An error in the envelope of the Inngest REST API. */
export function apiError(context: Context, status: ContentfulStatusCode, error: string): Response {
  return context.json({ error, data: null, status }, status);
}

/** Says which field of a request is wrong, and how. */
export function invalidRequest(context: Context, problem: ZodError): Response {
  const [issue] = problem.issues;
  const field = issue?.path.join('.');
  return apiError(context, 400, `Invalid request: ${field ? `${field}: ` : ''}${issue?.message}`);
}

/** Data in the envelope of the Inngest REST API. */
export function envelope(data: unknown): { data: unknown; metadata: { fetched_at: string } } {
  return { data, metadata: { fetched_at: new Date().toISOString() } };
}
