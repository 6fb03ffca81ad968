import type { Hono } from 'hono';
import type { Metrics } from '../metrics/metrics.ts';
import { apiError } from './api-answers.ts';
import type { Access } from './auth.ts';
import type { Readiness } from './readiness.ts';

/**
 * For those who keep the engine running: `/healthz` (the process is alive), `/readyz` (it can take work) and `/metrics`
 * (Prometheus text format 0.0.4).
 */
export function addOperationRoutes(
  app: Hono,
  parts: { access: Access; readiness: Readiness; metrics: Metrics },
): void {
  const { access, readiness, metrics } = parts;

  app.get('/healthz', (context) => context.json({ status: 'ok' }));

  app.get('/readyz', async (context) => {
    const reason = await readiness.whyNotReady();
    return reason === null
      ? context.json({ status: 'ready' })
      : context.json({ status: 'not ready', reasons: [reason] }, 503);
  });

  app.get('/metrics', async (context) => {
    if (!access.mayReadMetrics(context.req.header('authorization')))
      return apiError(context, 401, 'Metrics need the token of the API or of the dashboard as bearer token');
    return context.body(await metrics.registry.metrics(), 200, {
      'content-type': metrics.registry.contentType,
    });
  });
}
