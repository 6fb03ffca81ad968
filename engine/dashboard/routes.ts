import type { Context, Hono } from 'hono';
import type { Executor } from '../executor/executor.ts';
import type { Repeater } from '../flow-control/repeater.ts';
import type { Intake } from '../intake/intake.ts';
import type { QueueMeter } from '../metrics/queue-depth.ts';
import type { Registry } from '../registry/registry.ts';
import type { RunCache } from '../runs/cache.ts';
import type { Access } from '../server/auth.ts';
import type { Readiness } from '../server/readiness.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import type { Database } from '../store/database.ts';
import { addAssetRoutes } from './assets.ts';
import type { AppNews } from './facts/apps.ts';
import { refuseOtherSite, refuseStranger, takeToken } from './guard.ts';
import { html } from './html.ts';
import { notReadyNotice, setNotice } from './notice.ts';
import { messagePage } from './pages/message-page.ts';
import { redirect, respond } from './respond.ts';
import { addEventPages } from './routes/event-pages.ts';
import { addFunctionPages } from './routes/function-pages.ts';
import { addOverviewPage } from './routes/overview.ts';
import { addRunPages } from './routes/run-pages.ts';

/** What the pages are made from, and what their actions use. */
export interface DashboardParts {
  readonly access: Access;
  readonly registry: Registry;
  readonly database: Database;
  readonly runs: RunCache;
  readonly intake: Intake;
  readonly executor: Executor;
  readonly repeater: Repeater;
  readonly queue: QueueMeter;
  readonly readiness: Readiness;
  appNews(): AppNews;
}

export type Handler = (context: Context) => Promise<Response> | Response;

/** Adds pages and actions to an application, so that no one of them can be reached without leave. */
export interface Pages {
  page(path: string, handler: Handler): void;
  action(path: string, handler: Handler): void;
}

const databaseAwayLiveMs = 2_000;

/** The pages for people, at `/`, `/functions`, `/events` and `/runs`. To be added last: what nothing else answers is told here. */
export function addDashboardRoutes(app: Hono, parts: DashboardParts): void {
  const guarded =
    (handler: Handler, isAction: boolean): Handler =>
    async (context) => {
      const refusal = refuseStranger(context, parts.access) ?? (isAction ? refuseOtherSite(context) : null);
      if (refusal !== null) return refusal;
      const reason = parts.readiness.whyNotWriting();
      if (reason !== null) setNotice(context, notReadyNotice(reason));
      try {
        return await handler(context);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        // The page says it all.
        setNotice(context, null);
        return respond(context, databaseAwayPage, 503);
      }
    };
  const pages: Pages = {
    page: (path, handler) => app.get(path, guarded(handler, false)),
    action: (path, handler) => app.post(path, guarded(handler, true)),
  };
  addAssetRoutes(app);
  app.post('/token', (context) => takeToken(context, parts.access));
  pages.page('/token', (context) => redirect(context, '/'));
  addOverviewPage(pages, parts);
  addFunctionPages(pages, parts);
  addEventPages(pages, parts);
  addRunPages(pages, parts);
  // Not a route: other methods at the same address are told apart by the routes that there are.
  app.use(async (context, next) => {
    const { method } = context.req;
    const isPerson = method === 'GET' && context.req.header('accept')?.includes('text/html') === true;
    return isPerson ? await guarded(notFound, false)(context) : await next();
  });
}

/** For an address, or an id in it, that nothing belongs to. */
export function notFound(context: Context): Response {
  const text = html`What was here may have been deleted with the old history. <a href="/">Start again from the overview</a>.`;
  return respond(context, messagePage({ title: 'There is nothing at this address', text }), 404);
}

const databaseAwayPage = messagePage({
  title: 'The database cannot be reached',
  text: 'The engine waits for it, and so does this page. Nothing that was acknowledged is lost.',
  liveMs: databaseAwayLiveMs,
});
