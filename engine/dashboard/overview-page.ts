import { idTimeMs } from '../protocol/ids.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunFacts } from '../store/inspect.ts';
import { type Html, html } from './html.ts';
import { page, statusMark, time } from './layout.ts';

/** Functions that can be started, and the newest runs. */
export function overviewPage(functions: readonly RegisteredFunction[], runs: readonly RunFacts[]): string {
  return page(
    'Engine',
    html`
<h2>Functions</h2>
${
  functions.length === 0
    ? html`<p>No app has registered yet.</p>`
    : html`<div class="scroll"><table>
<tr><th>Function</th><th>Started by</th></tr>
${functions.map(functionRow)}
</table></div>`
}
<h2>Newest runs</h2>
${
  runs.length === 0
    ? html`<p>Nothing has run yet.</p>`
    : html`<div class="scroll"><table>
<tr><th>Run</th><th>Function</th><th>Status</th><th>Created</th></tr>
${runs.map(runRow)}
</table></div>`
}`,
  );
}

function functionRow(fn: RegisteredFunction): Html {
  const { slug, name, eventTriggers, cronTriggers } = fn.config;
  const starters = [...eventTriggers.map(({ event }) => event), ...cronTriggers.map(({ cron }) => cron)];
  return html`<tr><td>${name} <span class="quiet">${slug}</span></td><td>${starters.join(', ')}</td></tr>`;
}

function runRow(run: RunFacts): Html {
  return html`<tr><td><a href="/runs/${run.id}">${run.id}</a></td><td>${run.slug}</td><td>${statusMark(run.status)}</td><td>${time(idTimeMs(run.id))}</td></tr>`;
}
