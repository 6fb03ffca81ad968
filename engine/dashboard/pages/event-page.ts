import type { EventDetail } from '../facts/event.ts';
import type { RunRow } from '../facts/runs.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { empty, facts, jsonBlock, pageHead, time } from '../parts.ts';
import { runTable } from '../run-table.ts';

const liveMs = 2_000;

/** An event with what it carries and the runs it started. */
export function eventPage(options: {
  readonly event: EventDetail;
  readonly runs: readonly RunRow[];
  readonly hasMoreRuns: boolean;
  readonly maySendAgain: boolean;
  readonly nowMs: number;
}): string {
  const { event, runs, hasMoreRuns, maySendAgain, nowMs } = options;
  const again = maySendAgain
    ? html`<a class="button" href="/events/new?like=${encodeURIComponent(event.id)}">Send again</a>`
    : null;
  return renderPage({
    title: event.name,
    place: '/events',
    liveMs,
    content: html`${pageHead(event.name, again)}
${facts([
  ['Id', html`<span class="id">${event.id}</span>`],
  ['Sender’s id', event.externalId && html`<span class="id">${event.externalId}</span>`],
  ['Received', time(event.receivedAtMs, nowMs)],
])}
<h2>Runs</h2>
${runs.length === 0 ? empty('This event has not started a run.') : runTable('Runs of the event', runs, nowMs)}
${hasMoreRuns ? html`<p><a href="${paths.runs({ event: event.id })}">All runs of this event</a></p>` : null}
<h2>Payload</h2>
${event.payload === null ? null : jsonBlock(event.payload, paths.payload(event.id))}`,
  });
}
