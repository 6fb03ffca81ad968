import type { AppState } from './facts/apps.ts';
import { type Html, html } from './html.ts';

const marks: Readonly<Record<AppState, string>> = {
  asked: 'asked',
  answering: 'answering',
  registered: 'registered',
  refused: 'failed',
  'not answering': 'not-answering',
};

const words: Readonly<Record<AppState, string>> = {
  asked: 'has not answered yet',
  answering: 'answering',
  registered: 'registered',
  refused: 'refused',
  'not answering': 'not answering',
};

/** How an app takes being asked and called. */
export function appState(state: AppState): Html {
  return html`<span class="status" data-status="${marks[state]}">${words[state]}</span>`;
}
