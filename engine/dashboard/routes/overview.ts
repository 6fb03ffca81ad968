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
    const { database, registry, queue, appNews } = parts;
    const nowMs = Date.now();
    const [queued, newFailures, failures, runs, apps] = await Promise.all([
      queue.depth(),
      countNewFailures(database, nowMs),
      findNewestFailures(database, shownFailures),
      findRuns(database, anyRun),
      findApps(database, appNews()),
    ]);
    return respond(
      context,
      overviewPage({
        queued,
        newFailures,
        failures,
        newestRuns: runs.rows.slice(0, shownRuns),
        apps,
        hasFunctions: registry.list().length > 0,
        nowMs,
      }),
    );
  });
}
