import { type Html, html, type Part } from './html.ts';

/** What is to be seen before anything else on a page. */
export function warning(title: Part, explanation: Part): Html {
  return html`<div class="warning"><p><strong>${title}</strong> ${explanation}</p></div>`;
}
