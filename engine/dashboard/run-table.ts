import { idTimeMs } from '../protocol/ids.ts';
import type { RunRow } from './facts/runs.ts';
import { type Html, html } from './html.ts';
import { eventLink, functionLink, runLink } from './links.ts';
import { none, statusMark, type TableRow, table, time } from './parts.ts';
import { durationText } from './words.ts';

export const noRunsYet = html`Nothing has run yet. <a href="/events/new">Send an event</a> that starts a function.`;

/** Runs, one a row. */
export function runTable(label: string, runs: readonly RunRow[], nowMs: number): Html {
  return table({
    label,
    columns: ['Status', 'Run', 'Function', 'Event', 'Created', 'Took'],
    rows: runs.map((run) => toTableRow(run, nowMs)),
  });
}

function toTableRow(run: RunRow, nowMs: number): TableRow {
  const createdMs = idTimeMs(run.id);
  return {
    id: `run-${run.id}`,
    cells: [
      statusMark(run.status),
      runLink(run.id),
      functionLink(run.slug, run.function_name),
      eventLink(run.event_id, run.event_name),
      time(createdMs, nowMs),
      run.ended_at_ms === null ? none : durationText(run.ended_at_ms - createdMs),
    ],
  };
}
