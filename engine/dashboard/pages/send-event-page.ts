import { jsonField, textField } from '../forms.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { pageHead } from '../parts.ts';

/** What the form begins with when nothing is to be sent again. */
export function emptyEvent(name: string): string {
  return JSON.stringify({ name, data: {} }, null, 2);
}

/** A form for one event, or a list of several. */
export function sendEventPage(options: {
  readonly json: string;
  readonly problem: string | null;
  /** Names of events that mean something to functions. */
  readonly knownNames: readonly string[];
}): string {
  const { json, problem, knownNames } = options;
  const chooser = html`<form class="filter" method="get" action="/events/new">
${textField({ label: 'Known event', name: 'name', value: '', suggestions: knownNames })}
<div class="actions"><button>Begin with it</button></div>
</form>`;
  return renderPage({
    title: 'Send an event',
    place: '/events',
    content: html`${pageHead('Send an event')}
${knownNames.length < 2 ? null : chooser}
<form method="post" action="/events/new">
${jsonField({ label: 'Event, or a list of events, as JSON', name: 'event', json, problem, rows: 16 })}
<p class="note">Needed is <code>name</code>; known are also <code>data</code>, <code>id</code> (one run for each id a day), <code>ts</code> (ms since 1970; runs start then), <code>user</code> and <code>v</code>.</p>
<p class="actions"><button class="primary">Send</button><a class="button" href="/events">Back</a></p>
</form>`,
  });
}
