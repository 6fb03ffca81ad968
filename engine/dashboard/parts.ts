import { type Excerpt, longestJson } from './facts/excerpt.ts';
import { type Html, html, type Part } from './html.ts';
import { indentBeginning } from './json-beginning.ts';
import { countText, sizeText, timeText } from './words.ts';

/** Pieces that several pages are made of. */

/** A status as a word with a mark. Words without a colour of their own are shown plainly. */
export function statusMark(status: string): Html {
  return html`<span class="status" data-status="${status}">${status}</span>`;
}

/** A time in UTC as short as today allows, the whole of it on demand. */
export function time(timeMs: number | null, nowMs: number): Html {
  if (timeMs === null) return none;
  const iso = new Date(timeMs).toISOString();
  return html`<time datetime="${iso}" title="${iso}">${timeText(timeMs, nowMs)}</time>`;
}

/** In the place of a value that there is none of. */
export const none = html`<span class="none" aria-label="none">–</span>`;

export function pageHead(title: Part, aside: Part = null): Html {
  return html`<div class="head"><h1>${title}</h1>${aside === null ? null : html`<div class="actions">${aside}</div>`}</div>`;
}

/** Names with their values. Pairs without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: Part])[]): Html {
  const known = pairs.filter(([, value]) => value !== null);
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export interface TableRow {
  /** Tells the row from others when the page is brought up to date. */
  readonly id: string;
  /** In the order of the columns. */
  readonly cells: readonly Part[];
}

/** A table. On narrow screens its rows become blocks, which takes the roles away that the elements have by themselves. */
export function table(options: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}): Html {
  const { label, columns, rows } = options;
  return html`<table role="table" aria-label="${label}">
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    ({ id, cells }) =>
      html`<tr role="row" id="${id}">${cells.map((cell, index) => html`<td role="cell" data-label="${columns[index] ?? ''}">${cell}</td>`)}</tr>`,
  )}</tbody>
</table>`;
}

/** What stands where a list would be. */
export function empty(text: Part): Html {
  return html`<p class="empty">${text}</p>`;
}

/** Says which filters of an address were left out. */
export function unreadNote(unread: readonly string[]): Html | null {
  if (unread.length === 0) return null;
  return html`<p class="problem">${unread.map((text) => `${text}. `)}${unread.length === 1 ? 'It is' : 'They are'} left out.</p>`;
}

/** JSON for people: indented; of a long one the beginning, and where to find the rest. */
export function jsonBlock(excerpt: Excerpt, rawHref: string): Html {
  const { text, bytes, isCut } = excerpt;
  const note = isCut
    ? html`<p class="note">The first ${countText(text.length, 'character')} of ${sizeText(bytes)}. <a href="${rawHref}">Show all of it</a></p>`
    : null;
  return html`<pre tabindex="0">${isCut ? (indentBeginning(text, longestIndented) ?? text) : indented(text)}</pre>${note}`;
}

/** What is nested so deep that its indentation would be most of it stays as it is. */
function indented(json: string): string {
  const text = JSON.stringify(JSON.parse(json), null, 2);
  return text.length > longestIndented ? json : text;
}

const longestIndented = 10 * longestJson;

/** Leads to the next page of a list, and back to the first. */
export function pager(options: { readonly next: string | null; readonly first: string | null }): Html {
  const { next, first } = options;
  if (next === null && first === null) return html``;
  return html`<nav class="pager" aria-label="More of the list">${first === null ? null : html`<a class="button" href="${first}">Newest</a>`}${next === null ? null : html`<a class="button" href="${next}" rel="next">Older</a>`}</nav>`;
}
