import { type EventRow, mostRunsCounted } from './facts/events.ts';
import { type Html, html } from './html.ts';
import { eventLink } from './links.ts';
import { none, table, time } from './parts.ts';
import { cappedText } from './words.ts';

/** Events, one a row. */
export function eventTable(label: string, events: readonly EventRow[], nowMs: number): Html {
  return table({
    label,
    columns: ['Event', 'Received', 'Runs', 'Id'],
    rows: events.map((event) => {
      const runs = event.runs === 0 ? none : cappedText(event.runs, mostRunsCounted);
      const id = html`<span class="id">${event.external_id ?? event.id}</span>`;
      return {
        id: `event-${event.id}`,
        cells: [eventLink(event.id, event.name), time(event.received_at_ms, nowMs), runs, id],
      };
    }),
  });
}
