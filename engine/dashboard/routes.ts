import type { Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Registry } from '../registry/registry.ts';
import type { Access } from '../server/auth.ts';
import type { Database } from '../store/database.ts';
import { findEvent, findNewestRuns, findRun, findSteps } from '../store/inspect.ts';
import { overviewPage } from './overview-page.ts';
import { runPage } from './run-page.ts';

const cookieName = 'engine_token';
const newestRuns = 50;

/** The pages need neither scripts nor anything from elsewhere. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Pages for people: `GET /` and `GET /runs/:id`. A link with `?token=` opens them; the token then moves into a cookie. */
export function addDashboardRoutes(
  app: Hono,
  parts: { access: Access; registry: Registry; database: Database },
): void {
  const { access, registry, database } = parts;

  app.get('/', async (context) => {
    const refusal = admit(context, access);
    if (refusal !== null) return refusal;
    return context.html(
      overviewPage(registry.list(), await findNewestRuns(database, newestRuns)),
      200,
      securityHeaders,
    );
  });

  app.get('/runs/:runId', async (context) => {
    const refusal = admit(context, access);
    if (refusal !== null) return refusal;
    const run = await findRun(database, context.req.param('runId'));
    if (run === undefined) return context.text('There is no run with this id.', 404, securityHeaders);
    const [event, steps] = await Promise.all([
      findEvent(database, run.event_id),
      findSteps(database, run.id),
    ]);
    return context.html(runPage(run, event, steps), 200, securityHeaders);
  });
}

/** The answer to somebody who may not see pages, or null. */
function admit(context: Context, access: Access): Response | null {
  if (!access.hasPages) {
    return context.text(
      'These pages are closed: the engine was started without a dashboard token.',
      401,
      securityHeaders,
    );
  }
  const token = context.req.query('token');
  if (token !== undefined && access.maySeePages(token)) {
    setCookie(context, cookieName, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    return context.redirect(context.req.path, 303);
  }
  if (access.maySeePages(getCookie(context, cookieName))) return null;
  return context.text(
    'These pages need a token: open them with ?token= and the dashboard token once.',
    401,
    securityHeaders,
  );
}
