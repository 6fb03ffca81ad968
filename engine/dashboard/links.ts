import type { RelatedRun } from './facts/related-runs.ts';
import { type Html, html } from './html.ts';

/** Addresses of pages, and links to them. */

export const paths = {
  function: (slug: string) => `/functions/${encodeURIComponent(slug)}`,
  run: (runId: string) => `/runs/${encodeURIComponent(runId)}`,
  runPart: (runId: string, part: string) => `/runs/${encodeURIComponent(runId)}/${part}`,
  stepPart: (runId: string, stepId: string, part: string) =>
    `/runs/${encodeURIComponent(runId)}/steps/${encodeURIComponent(stepId)}/${part}`,
  event: (eventId: string) => `/events/${encodeURIComponent(eventId)}`,
  payload: (eventId: string) => `/events/${encodeURIComponent(eventId)}/payload`,
  sendEvent: (name: string) => withQuery('/events/new', { name }),
  sentEvents: (ids: readonly string[], count: number) =>
    withQuery('/events/sent', { ids: ids.join('.'), count: String(count) }),
  runs: (filter: Readonly<Record<string, string | null>>) => withQuery('/runs', filter),
  events: (filter: Readonly<Record<string, string | null>>) => withQuery('/events', filter),
} as const;

function withQuery(path: string, values: Readonly<Record<string, string | null>>): string {
  const known = Object.entries(values).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [[name, value] as [string, string]],
  );
  return known.length === 0 ? path : `${path}?${new URLSearchParams(known)}`;
}

/** An id: short enough for a table, whole for whoever copies it. */
export function runLink(runId: string): Html {
  return html`<a class="id" href="${paths.run(runId)}">${runId}</a>`;
}

/** Other runs, by their ids and the names of their functions. */
export function relatedRunLinks(runs: readonly RelatedRun[]): Html | null {
  const links = runs.map(
    ({ id, function_name: name }) =>
      html`<li><a href="${paths.run(id)}">${name}</a> <span class="id">${id}</span></li>`,
  );
  return links.length === 0 ? null : html`<ul class="plain">${links}</ul>`;
}

/** A name that is too long for its line breaks before a dot sooner than within a word. */
export function eventLink(eventId: string, name: string): Html {
  const parts = name.split(/(?<=.)(?=\.)/);
  return html`<a href="${paths.event(eventId)}">${parts.map((part, index) => html`${index === 0 ? null : html`<wbr>`}${part}`)}</a>`;
}

/** Apps may have functions of the same name, so its id is there too for whoever asks. */
export function functionLink(slug: string, name: string): Html {
  return html`<a href="${paths.function(slug)}" title="${slug}">${name}</a>`;
}
