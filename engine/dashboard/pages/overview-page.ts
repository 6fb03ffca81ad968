import { maxCounted, type QueueDepth } from '../../metrics/queue-depth.ts';
import { appState } from '../app-state.ts';
import { appWarnings, hasApp } from '../app-warnings.ts';
import { errorMessage } from '../error-view.ts';
import type { AppRow } from '../facts/apps.ts';
import { type Failure, mostFailuresCounted } from '../facts/counts.ts';
import type { RunRow } from '../facts/runs.ts';
import { type Html, html, type Part } from '../html.ts';
import { renderPage } from '../layout.ts';
import { functionLink, paths } from '../links.ts';
import { empty, none, pageHead, table, time } from '../parts.ts';
import { noRunsYet, runTable } from '../run-table.ts';
import { cappedText, durationText } from '../words.ts';

export interface Overview {
  readonly queued: QueueDepth;
  /** Runs that failed in the last hour. */
  readonly newFailures: number;
  readonly failures: readonly Failure[];
  readonly newestRuns: readonly RunRow[];
  readonly apps: readonly AppRow[];
  readonly hasFunctions: boolean;
  readonly nowMs: number;
}

const liveMs = 2_000;

/** How the engine is doing, what failed of late, and which apps it serves. */
export function overviewPage(overview: Overview): string {
  const { queued, newFailures, failures, newestRuns, apps, hasFunctions, nowMs } = overview;
  const { inFlight, ready, scheduled, oldestAgeMs } = queued;
  const failed = cappedText(newFailures, mostFailuresCounted);
  return renderPage({
    title: 'Overview',
    place: '/',
    liveMs,
    content: html`${pageHead('Overview')}
${appWarnings(apps)}
<dl class="figures">
${figure('In progress', inFlight.toLocaleString('en'), 'calls to apps')}
${figure('Queued', cappedText(ready, maxCounted), 'jobs that are due')}
${figure('Longest wait', oldestAgeMs === 0 ? none : durationText(oldestAgeMs), 'of a job that is due')}
${figure('Later', cappedText(scheduled, maxCounted), 'sleeps, waits and retries')}
${figure('Failed', newFailures === 0 ? failed : html`<a href="${paths.runs({ status: 'failed' })}">${failed}</a>`, 'runs in the last hour')}
</dl>
<h2>Newest failures</h2>
${failures.length === 0 ? empty('No run has failed.') : failureTable(failures, nowMs)}
<h2>Newest runs</h2>
${newestRuns.length === 0 ? empty(hasFunctions ? noRunsYet : 'Nothing has run yet.') : runTable('Newest runs', newestRuns, nowMs)}
${hasApp(apps) ? html`<h2>Apps</h2>${appTable(apps, nowMs)}` : null}`,
  });
}

function figure(name: string, value: Part, meaning: string): Html {
  return html`<div><dt>${name}</dt><dd><span class="value">${value}</span> <span class="meaning">${meaning}</span></dd></div>`;
}

function failureTable(failures: readonly Failure[], nowMs: number): Html {
  return table({
    label: 'Newest failures',
    columns: ['Error', 'Function', 'Failed'],
    rows: failures.map(({ id, slug, function_name: name, error, ended_at_ms: endedAtMs }) => ({
      id: `failure-${id}`,
      cells: [
        html`<a class="clip" href="${paths.run(id)}">${errorMessage(error) || 'No message'}</a>`,
        functionLink(slug, name),
        time(endedAtMs, nowMs),
      ],
    })),
  });
}

function appTable(apps: readonly AppRow[], nowMs: number): Html {
  return table({
    label: 'Apps',
    columns: ['App', 'State', 'URL', 'Functions', 'Last sync', 'SDK'],
    rows: apps.map((app) => ({
      id: `app-${app.name ?? app.url}`,
      cells: [
        app.name ?? none,
        appState(app.state),
        html`<span class="id">${app.url}</span>`,
        app.functions,
        time(app.syncedAtMs, nowMs),
        app.sdk ?? none,
      ],
    })),
  });
}
