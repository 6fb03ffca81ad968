import { appState } from './app-state.ts';
import type { AppRow } from './facts/apps.ts';
import { type Html, html } from './html.ts';
import { warning } from './warning.ts';

/** Says at the top of a page which apps cannot be worked with, and why; null if all can. */
export function appWarnings(apps: readonly AppRow[]): Html | null {
  if (!hasApp(apps)) return noAppWarning(apps);
  const troubled = apps.filter(({ problem }) => problem !== null);
  return troubled.length === 0 ? null : html`${troubled.map(toWarning)}`;
}

/** Whether an app has ever registered. */
export function hasApp(apps: readonly AppRow[]): boolean {
  return apps.some(({ name }) => name !== null);
}

function toWarning({ name, url, state, problem }: AppRow): Html {
  const isAway = state === 'not answering';
  if (name === null)
    return warning(isAway ? html`No app answers at ${url}.` : html`${url} refuses to register.`, problem);
  return isAway
    ? warning(html`The app ${name} does not answer, its jobs wait.`, problem)
    : warning(html`The app ${name} refuses to register.`, problem);
}

/** For an engine that nothing can run on: what it has tried, what came of that, and what to do. */
function noAppWarning(asked: readonly AppRow[]): Html {
  return html`<div class="warning"><p><strong>No app has registered yet, so nothing can run.</strong>
${asked.length === 0 ? 'The engine was told of no address to ask.' : 'The engine keeps asking:'}</p>
${asked.length === 0 ? null : html`<ul class="plain">${asked.map(({ url, state, problem }) => html`<li><span class="id">${url}</span> ${appState(state)} <span class="meaning">${problem}</span></li>`)}</ul>`}
<p>Start the app with <code>INNGEST_BASE_URL</code> set to this engine’s address. If its serve endpoint has another URL, start the engine with that as <code>--sdk-url</code>.</p></div>`;
}
