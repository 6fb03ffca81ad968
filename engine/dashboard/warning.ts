import { type Html, html, type Part } from './html.ts';

/** What is to be seen before anything else on a page. */
export function warning(title: Part, explanation: Part): Html {
  return html`<div class="warning"><p><strong>${title}</strong> ${explanation}</p></div>`;
}

/** On pages of what has to wait for an app. */
export function awayWarning(reason: string): Html {
  return warning(
    'The app does not answer, its jobs wait.',
    html`${reason}. It is tried again every few seconds.`,
  );
}
