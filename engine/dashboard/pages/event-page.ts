import type { RegisteredFunction } from '../../registry/registered-function.ts';
import { functionLinks, noRunsText } from '../event-outcome.ts';
import type { EventDetail } from '../facts/event.ts';
import type { RelatedRun } from '../facts/related-runs.ts';
import type { RunRow } from '../facts/runs.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths, relatedRunLinks, runLink } from '../links.ts';
import { empty, facts, jsonBlock, pageHead, time } from '../parts.ts';
import { runTable } from '../run-table.ts';

const liveMs = 2_000;

/** An event with what it carries and the runs it started. */
export function eventPage(options: {
  readonly event: EventDetail;
  readonly runs: readonly RunRow[];
  readonly hasMoreRuns: boolean;
  /** Runs that went on with it. */
  readonly resumed: readonly RelatedRun[];
  /** Functions that such events start, or whose runs they cancel. */
  readonly starters: readonly RegisteredFunction[];
  readonly cancelled: readonly RegisteredFunction[];
  readonly maySendAgain: boolean;
  readonly nowMs: number;
}): string {
  const { event, runs, hasMoreRuns, resumed, starters, cancelled, maySendAgain, nowMs } = options;
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
  ['Tells of', event.aboutRunId && runLink(event.aboutRunId)],
  ['Resumed', relatedRunLinks(resumed)],
  ['Cancels runs of', cancelled.length === 0 ? null : functionLinks(cancelled)],
])}
<h2>Runs</h2>
${runs.length === 0 ? empty(noRunsText({ starters, cancelled, hasResumed: resumed.length > 0 })) : runTable('Runs of the event', runs, nowMs, { without: 'Event' })}
${hasMoreRuns ? html`<p><a href="${paths.runs({ event: event.id })}">All runs of this event</a></p>` : null}
<h2>Payload</h2>
${event.payload === null ? null : jsonBlock(event.payload, paths.payload(event.id))}`,
  });
}
