import type { RunDetail } from '../facts/run.ts';
import { actionButton } from '../forms.ts';
import { html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { paths } from '../links.ts';
import { pageHead } from '../parts.ts';

/** Asks before a run is cancelled, for that cannot be undone. */
export function cancelPage(run: RunDetail): string {
  return renderPage({
    title: 'Cancel this run?',
    place: '/runs',
    content: html`${pageHead('Cancel this run?')}
<p>Run <span class="id">${run.id}</span> of <strong>${run.functionName}</strong> ends at once: its steps that wait or sleep are dropped, and what a call under way answers is ignored. This cannot be undone.</p>
<div class="actions">${actionButton('Cancel the run', paths.runPart(run.id, 'cancel'), 'danger')}<a class="button" href="${paths.run(run.id)}">Keep it</a></div>`,
  });
}
