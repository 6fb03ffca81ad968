import type { Hono } from 'hono';
import type { Intake } from '../intake/intake.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { limits } from '../protocol/limits.ts';
import { header } from '../protocol/names.ts';
import type { Access } from './auth.ts';
import { readJson } from './body.ts';

/** `POST /e/:key`: takes events. The body of the answer repeats the status, which SDKs read. */
export function addEventRoutes(app: Hono, parts: { access: Access; intake: Intake; metrics: Metrics }): void {
  const { access, intake, metrics } = parts;

  app.post('/e/:key', async (context) => {
    if (!access.maySendEvents(context.req.param('key'))) {
      return context.json({ status: 401, message: '', error: 'Event key not found' }, 401);
    }
    const body = await readJson(context, limits.eventRequestBytes);
    const values: readonly unknown[] = Array.isArray(body) ? body : [body];
    if (values.length === 0) return context.json({ ids: [''], status: 200 });

    const { ids, problem } = await intake.takeEvents(values, context.req.header(header.eventIdSeed));
    metrics.eventsReceived(ids.length);
    if (problem !== null) return context.json({ ids, status: 400, error: problem.message }, 400);
    return context.json({ ids, status: 200 });
  });
}
