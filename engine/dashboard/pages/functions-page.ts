import type { RegisteredFunction } from '../../registry/registered-function.ts';
import { runStatuses } from '../../runs/run.ts';
import { appWarnings, hasApp } from '../app-warnings.ts';
import { startersOf } from '../configuration.ts';
import type { AppRow } from '../facts/apps.ts';
import { mostCounted, noRuns, type RunCounts } from '../facts/counts.ts';
import { nextStartsMs } from '../function-starts.ts';
import { type Html, html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { empty, none, pageHead, type TableRow, table, time } from '../parts.ts';
import { cappedText } from '../words.ts';

const liveMs = 5_000;

/** All functions that can be started. */
export function functionsPage(options: {
  readonly functions: readonly RegisteredFunction[];
  readonly counts: ReadonlyMap<string, RunCounts>;
  readonly apps: readonly AppRow[];
  readonly nowMs: number;
}): string {
  const { functions, counts, apps, nowMs } = options;
  const list = table({
    label: 'Functions',
    columns: ['Function', 'App', 'Started by', 'Next start', 'Runs'],
    rows: functions.map((fn) => functionRow(fn, counts.get(fn.id) ?? noRuns(), nowMs)),
  });
  return renderPage({
    title: 'Functions',
    place: '/functions',
    liveMs,
    content: html`${pageHead('Functions')}
${appWarnings(apps)}
${functions.length > 0 ? list : hasApp(apps) ? empty(noFunctions) : null}`,
  });
}

const noFunctions = html`The apps have registered without functions. Functions are what an app hands to <code>serve</code>.`;

function functionRow(fn: RegisteredFunction, counts: RunCounts, nowMs: number): TableRow {
  const { name, slug } = fn.config;
  return {
    id: `function-${fn.id}`,
    cells: [
      html`<a href="${paths.function(slug)}">${name}</a><br><span class="id">${slug}</span>`,
      fn.appName,
      startersOf(fn),
      time(nextStartsMs(fn, nowMs, 1)[0] ?? null, nowMs),
      countList(slug, counts),
    ],
  };
}

/** How many runs a function has of each status, each leading to them. */
export function countList(slug: string, counts: RunCounts): Html {
  const known = runStatuses.filter((status) => counts[status] > 0);
  if (known.length === 0) return none;
  return html`<ul class="counts">${known.map(
    (status) =>
      html`<li><a href="${paths.runs({ function: slug, status })}"><span class="status" data-status="${status}">${cappedText(counts[status], mostCounted)} ${status}</span></a></li>`,
  )}</ul>`;
}
