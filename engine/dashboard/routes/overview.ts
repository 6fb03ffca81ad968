import { findApps } from '../facts/apps.ts';
import { findNewestFailures, readHealth } from '../facts/counts.ts';
import { overviewPage } from '../pages/overview-page.ts';
import { respond } from '../respond.ts';
import type { DashboardParts, Pages } from '../routes.ts';

const shownFailures = 10;

/** `GET /` */
export function addOverviewPage(pages: Pages, { database, calls, syncAnswers }: DashboardParts): void {
  pages.page('/', async (context) => {
    const nowMs = Date.now();
    const [health, failures, apps] = await Promise.all([
      readHealth(database, nowMs),
      findNewestFailures(database, shownFailures),
      findApps(database, syncAnswers()),
    ]);
    return respond(context, overviewPage({ health, calls: calls(), failures, apps, nowMs }));
  });
}
