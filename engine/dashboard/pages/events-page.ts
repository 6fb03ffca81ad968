import { eventTable } from '../event-table.ts';
import { type FoundEvents, mostNames } from '../facts/events.ts';
import { noEventText } from '../filter-words.ts';
import { textField } from '../forms.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { empty, pageHead, pager, unreadNote } from '../parts.ts';
import type { TimeSpan } from '../query.ts';

export interface EventsPage {
  readonly search: string;
  readonly span: TimeSpan;
  /** What of the filter was not understood. */
  readonly unread: readonly string[];
  readonly before: string | null;
  readonly events: FoundEvents;
  readonly nowMs: number;
}

const liveMs = 3_000;

/** Events, newest first. */
export function eventsPage({ search, span, unread, before, events, nowMs }: EventsPage): string {
  const filter = { search, from: span.fromText, to: span.toText };
  const isFiltered = Object.values(filter).some((value) => value !== '');
  const { rows, next, hasMoreNames } = events;
  return renderPage({
    title: 'Events',
    place: '/events',
    // Older pages stay as they are.
    liveMs: before === null ? liveMs : null,
    content: html`${pageHead('Events')}
<search><form class="filter" method="get" action="/events">
${textField({ label: 'Name begins with, or id', name: 'search', value: search })}
${textField({ label: 'From (UTC)', name: 'from', value: span.fromText, type: 'datetime-local' })}
${textField({ label: 'To (UTC)', name: 'to', value: span.toText, type: 'datetime-local' })}
<div class="actions"><button>Search</button>${isFiltered ? html`<a class="button" href="/events">Clear</a>` : null}</div>
</form></search>
${hasMoreNames ? html`<p class="note">Very many names begin so: these are events of the first ${mostNames} of them. Type more of the name.</p>` : null}
${unreadNote(unread)}
${rows.length === 0 ? empty(isFiltered ? noEventText({ search, span }) : noEvents) : eventTable('Events', rows, nowMs)}
${pager({ next: next === null ? null : paths.events({ ...filter, before: next }), first: before === null ? null : paths.events(filter) })}`,
  });
}

const noEvents = html`No event has been received yet. <a href="/events/new">Send one</a>.`;
