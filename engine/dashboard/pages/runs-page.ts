import type { RegisteredFunction } from '../../registry/registered-function.ts';
import { type RunStatus, runStatuses } from '../../runs/run.ts';
import type { PageOf } from '../facts/page-of.ts';
import type { RunRow } from '../facts/runs.ts';
import { noRunText } from '../filter-words.ts';
import { selectField, textField } from '../forms.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { empty, pageHead, pager, unreadNote } from '../parts.ts';
import type { TimeSpan } from '../query.ts';
import { noRunsYet, runTable } from '../run-table.ts';

export interface RunsPage {
  readonly functions: readonly RegisteredFunction[];
  readonly status: RunStatus | null;
  /** The slug of a function, or empty. */
  readonly slug: string;
  /** A name or an id, or empty. */
  readonly event: string;
  readonly span: TimeSpan;
  /** What of the filter was not understood. */
  readonly unread: readonly string[];
  readonly before: string | null;
  readonly runs: PageOf<RunRow>;
  readonly nowMs: number;
}

const liveMs = 2_000;

/** Runs, newest first. */
export function runsPage(page: RunsPage): string {
  const { functions, status, slug, event, span, unread, before, runs, nowMs } = page;
  const filter = { status, function: slug, event, from: span.fromText, to: span.toText };
  const isFiltered = Object.values(filter).some((value) => value !== '' && value !== null);
  const { rows, next } = runs;
  return renderPage({
    title: 'Runs',
    place: '/runs',
    // Older pages stay as they are.
    liveMs: before === null ? liveMs : null,
    content: html`${pageHead('Runs')}
<search><form class="filter" method="get" action="/runs">
${selectField({ label: 'Status', name: 'status', value: status ?? '', choices: [['', 'Any'], ...runStatuses.map((name) => [name, name] as const)] })}
${selectField({ label: 'Function', name: 'function', value: slug, choices: [['', 'Any'], ...functionChoices(functions, slug)] })}
${textField({ label: 'Event name or id', name: 'event', value: event })}
${textField({ label: 'From (UTC)', name: 'from', value: span.fromText, type: 'datetime-local' })}
${textField({ label: 'To (UTC)', name: 'to', value: span.toText, type: 'datetime-local' })}
<div class="actions"><button>Filter</button>${isFiltered ? html`<a class="button" href="/runs">Clear</a>` : null}</div>
</form></search>
${unreadNote(unread)}
${rows.length === 0 ? empty(isFiltered ? noRunText(page) : noRunsYet) : runTable('Runs', rows, nowMs)}
${pager({ next: next === null ? null : paths.runs({ ...filter, before: next }), first: before === null ? null : paths.runs(filter) })}`,
  });
}

/** A function that is gone may still have runs. */
function functionChoices(functions: readonly RegisteredFunction[], slug: string): [string, string][] {
  const choices = functions.map(({ config }): [string, string] => [
    config.slug,
    config.name === config.slug ? config.slug : `${config.name} (${config.slug})`,
  ]);
  const isKnown = slug === '' || choices.some(([known]) => known === slug);
  return isKnown ? choices : [...choices, [slug, slug]];
}
