import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An error in the envelope of the Inngest REST API. */
export function apiError(context: Context, status: ContentfulStatusCode, error: string): Response {
  return context.json({ error, data: null, status }, status);
}
