import type { RunRow } from './facts/runs.ts';
import { type Html, html } from './html.ts';
import { eventLink, functionLink, runLink } from './links.ts';
import { none, statusMark, type TableRow, table, time } from './parts.ts';
import { type RunTimes, timesOf } from './run-times.ts';
import { durationText } from './words.ts';

export const noRunsYet = html`Nothing has run yet. <a href="/events/new">Send an event</a> that starts a function.`;

/** Shorter ones are no news. */
const shortestQueueTold = 1_000;

/** Runs, one a row. @param options.without what all of them have in common: it stands above the table */
export function runTable(
  label: string,
  runs: readonly RunRow[],
  nowMs: number,
  options: { readonly without?: 'Function' | 'Event' } = {},
): Html {
  const columns = allColumns.filter((column) => column !== options.without);
  return table({ label, columns, rows: runs.map((run) => toTableRow(run, columns, nowMs)) });
}

const allColumns = ['Status', 'Run', 'Function', 'Event', 'Created', 'Took'] as const;
type Column = (typeof allColumns)[number];

function toTableRow(run: RunRow, columns: readonly Column[], nowMs: number): TableRow {
  const times = timesOf({ id: run.id, startedAtMs: run.started_at_ms, endedAtMs: run.ended_at_ms }, nowMs);
  const cells: Readonly<Record<Column, Html>> = {
    Status: statusMark(run.status),
    Run: runLink(run.id),
    Function: functionLink(run.slug, run.function_name),
    Event: eventLink(run.event_id, run.event_name),
    Created: time(times.createdMs, nowMs),
    Took: run.ended_at_ms === null ? none : tookText(times),
  };
  return { id: `run-${run.id}`, cells: columns.map((column) => cells[column]) };
}

function tookText({ queuedMs, tookMs }: RunTimes): Html {
  const took = tookMs === null ? none : durationText(tookMs);
  const isQueueTold = queuedMs >= shortestQueueTold;
  return html`${took}${isQueueTold ? html` <span class="meaning">queued for ${durationText(queuedMs)}</span>` : null}`;
}
