import { type Html, html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { pageHead } from '../parts.ts';

/** What is known of a visitor's token. */
export type TokenState = 'missing' | 'wrong' | 'outdated';

const titles = {
  missing: 'These pages need a token',
  wrong: 'This token is not the engine’s',
  outdated: 'These pages need a token again',
} as const satisfies Record<TokenState, string>;

const texts = {
  missing: null,
  wrong: html`<p class="problem" id="token-problem" role="alert">The token that was given is another one. Look whether all of it was copied, and whether it belongs to this engine.</p>`,
  outdated: html`<p>The token that this browser has kept is no longer the engine’s.</p>`,
} as const satisfies Record<TokenState, Html | null>;

/** Asks for the token. */
export function tokenPage(options: {
  readonly state: TokenState;
  /** Where the visitor wanted to go. */
  readonly to: string;
}): string {
  const { state, to } = options;
  const problem = state === 'wrong' ? html` aria-invalid="true" aria-describedby="token-problem"` : null;
  return renderPage({
    title: titles[state],
    hasMenu: false,
    content: html`${pageHead(titles[state])}
${texts[state]}
<p>It is the <code>dashboardToken</code> in the file <code>secrets.json</code> of the engine’s <code>DATA_DIR</code>, unless the engine was started with <code>ENGINE_DASHBOARD_TOKEN</code>: then it is that.</p>
<form class="filter" method="post" action="/token">
<input type="hidden" name="to" value="${to}">
<div class="field"><label for="token">Token</label><input id="token" name="token" type="password" autocomplete="off" required${problem}></div>
<div class="actions"><button class="primary">Open</button></div>
</form>`,
  });
}
