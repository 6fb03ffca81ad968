import { jsonField } from '../forms.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { pageHead } from '../parts.ts';

/** What the form begins with when nothing is to be sent again. */
export const exampleEvent = '{\n  "name": "shop/order.paid",\n  "data": {}\n}';

/** A form for one event, or a list of several. */
export function sendEventPage(options: { readonly json: string; readonly problem: string | null }): string {
  return renderPage({
    title: 'Send an event',
    place: '/events',
    content: html`${pageHead('Send an event')}
<form method="post" action="/events/new">
${jsonField({ label: 'Event, or a list of events, as JSON', name: 'event', json: options.json, problem: options.problem, rows: 16 })}
<p class="note">Needed is <code>name</code>; known are also <code>data</code>, <code>id</code> (one run for each id a day), <code>ts</code> (ms since 1970; runs start then), <code>user</code> and <code>v</code>.</p>
<p class="actions"><button class="primary">Send</button><a class="button" href="/events">Back</a></p>
</form>`,
  });
}
