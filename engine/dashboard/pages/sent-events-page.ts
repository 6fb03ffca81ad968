import { eventTable } from '../event-table.ts';
import type { EventRow } from '../facts/events.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { pageHead } from '../parts.ts';
import { countText } from '../words.ts';

const liveMs = 2_000;

/** Which events a form has just sent, and how many runs they have started. */
export function sentEventsPage(options: {
  readonly count: number;
  /** As many of them as a page of a list has. */
  readonly events: readonly EventRow[];
  readonly nowMs: number;
}): string {
  const { count, events, nowMs } = options;
  const title = `${countText(count, 'event')} sent`;
  const isPart = events.length < count;
  return renderPage({
    title,
    place: '/events',
    liveMs,
    content: html`${pageHead(title)}
${isPart ? html`<p class="note">These are the first ${events.length} of them.</p>` : null}
${eventTable('Events that were sent', events, nowMs)}
<p><a href="/events">All events</a></p>`,
  });
}
