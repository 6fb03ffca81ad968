import type { RegisteredFunction } from '../../registry/registered-function.ts';
import { configurationFacts, startersOf } from '../configuration.ts';
import type { RunCounts } from '../facts/counts.ts';
import type { RunRow } from '../facts/runs.ts';
import { jsonField } from '../forms.ts';
import { isStartable, nextStartsMs } from '../function-starts.ts';
import { html } from '../html.ts';
import { startingEvents } from '../known-events.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { empty, facts, pageHead, time } from '../parts.ts';
import { runTable } from '../run-table.ts';
import { awayWarning } from '../warning.ts';
import { countList } from './functions-page.ts';

export interface FunctionPage {
  readonly fn: RegisteredFunction;
  readonly counts: RunCounts;
  readonly newestRuns: readonly RunRow[];
  /** Why its app does not answer; null if it does. */
  readonly awayReason: string | null;
  readonly nowMs: number;
}

const liveMs = 3_000;
const shownStarts = 3;

/** A function with its settings, its newest runs, and a way to start it. */
export function functionPage({ fn, counts, newestRuns, awayReason, nowMs }: FunctionPage): string {
  const { config, appName } = fn;
  const starts = nextStartsMs(fn, nowMs, shownStarts).map(
    (startMs) => html`<li>${time(startMs, nowMs)}</li>`,
  );
  const [eventName] = startingEvents(fn);
  const sendLink =
    eventName === undefined
      ? null
      : html`<a class="button" href="${paths.sendEvent(eventName)}">Send its event</a>`;
  const invokeLink = html`<a class="button" href="${paths.function(config.slug)}/invoke">Invoke</a>`;
  return renderPage({
    title: config.name,
    place: '/functions',
    liveMs,
    content: html`${pageHead(config.name, isStartable(fn) ? html`${sendLink}${invokeLink}` : null)}
${awayReason === null ? null : awayWarning(awayReason)}
${facts([
  ['Id', html`<span class="id">${config.slug}</span>`],
  ['App', appName],
  ['Started by', startersOf(fn)],
  ['Next starts', starts.length === 0 ? null : html`<ul class="plain">${starts}</ul>`],
  ...configurationFacts(config),
  ['Called at', config.url === '' ? null : html`<span class="id">${config.url}</span>`],
  ['Runs', countList(config.slug, counts)],
])}
<h2>Newest runs</h2>
${
  newestRuns.length === 0
    ? empty('This function has not run yet.')
    : html`${runTable('Newest runs', newestRuns, nowMs, { without: 'Function' })}
<p><a href="${paths.runs({ function: config.slug })}">All runs of this function</a></p>`
}`,
  });
}

/** A form that starts a function with data of one's own. */
export function invokePage(options: {
  readonly fn: RegisteredFunction;
  readonly json: string;
  readonly problem: string | null;
}): string {
  const { name, slug } = options.fn.config;
  return renderPage({
    title: `Invoke ${name}`,
    place: '/functions',
    content: html`${pageHead(`Invoke ${name}`)}
<p>Starts this function alone, whatever its triggers, with an event of the name <code>inngest/function.invoked</code>.</p>
<form method="post" action="${paths.function(slug)}/invoke">
${jsonField({ label: 'Data of the event, a JSON object', name: 'data', json: options.json, problem: options.problem, rows: 10 })}
<p class="actions"><button class="primary">Invoke</button><a class="button" href="${paths.function(slug)}">Back</a></p>
</form>`,
  });
}
