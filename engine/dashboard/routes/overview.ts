import { findApps } from '../facts/apps.ts';
import { countNewFailures, findNewestFailures } from '../facts/counts.ts';
import { anyRun, findRuns } from '../facts/runs.ts';
import { overviewPage } from '../pages/overview-page.ts';
import { respond } from '../respond.ts';
import type { DashboardParts, Pages } from '../routes.ts';

const shownFailures = 5;
const shownRuns = 10;

/** `GET /` */
export function addOverviewPage(pages: Pages, parts: DashboardParts): void {
  pages.page('/', async (context) => {
    const { database, registry, queue, executor, syncAnswers } = parts;
    const nowMs = Date.now();
    const away = registry.list().filter((fn) => executor.isAway(fn.id));
    const [queued, newFailures, failures, runs, apps] = await Promise.all([
      queue.depth(),
      countNewFailures(database, nowMs),
      findNewestFailures(database, shownFailures),
      findRuns(database, anyRun),
      findApps(database, syncAnswers(), new Set(away.map((fn) => fn.appName))),
    ]);
    return respond(
      context,
      overviewPage({ queued, newFailures, failures, newestRuns: runs.rows.slice(0, shownRuns), apps, nowMs }),
    );
  });
}
