import type { Hono } from 'hono';
import type { Metrics } from '../metrics/metrics.ts';
import type { Database } from '../store/database.ts';
import type { Writer } from '../store/writer.ts';
import { apiError } from './api-answers.ts';
import type { Access } from './auth.ts';

/** A database that takes longer is not ready, whatever it answers then. */
const databaseTimeoutMs = 2_000;

/**
 * For those who keep the engine running: `/healthz` (the process is alive), `/readyz` (it can take work) and `/metrics`
 * (Prometheus text format 0.0.4).
 */
export function addOperationRoutes(
  app: Hono,
  parts: { access: Access; database: Database; writer: Writer; metrics: Metrics },
): void {
  const { access, database, writer, metrics } = parts;

  app.get('/healthz', (context) => context.json({ status: 'ok' }));

  app.get('/readyz', async (context) => {
    const reason = await whyNotReady(writer, database);
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

async function whyNotReady(writer: Writer, database: Database): Promise<string | null> {
  if (!writer.isAvailable) return 'The database takes no writes: waiting for it';
  if (!database.isInCharge)
    return 'The database was not heard of for a while: another engine may have taken over';
  return (await doesAnswer(database)) ? null : 'The database does not answer: waiting for it';
}

async function doesAnswer(database: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), databaseTimeoutMs);
  });
  const answer = database.read('select 1', []).then(
    () => true,
    () => false,
  );
  const isAnswered = await Promise.race([answer, timeout]);
  clearTimeout(timer);
  return isAnswered;
}
