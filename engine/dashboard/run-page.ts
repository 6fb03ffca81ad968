import { idTimeMs } from '../protocol/ids.ts';
import type { EventFacts, RunFacts, StepFacts } from '../store/inspect.ts';
import { type Html, html } from './html.ts';
import { jsonBlock, page, statusMark, time } from './layout.ts';

/** One run with its event, steps and outcome. */
export function runPage(run: RunFacts, event: EventFacts | undefined, steps: readonly StepFacts[]): string {
  const isRunning = run.status === 'running';
  return page(
    `Run ${run.id}`,
    html`
<table>
<tr><th>Status</th><td>${statusMark(run.status)}</td></tr>
<tr><th>Function</th><td>${run.slug}</td></tr>
<tr><th>Event</th><td>${run.event_name} <span class="quiet">${run.event_id}</span></td></tr>
<tr><th>Created</th><td>${time(idTimeMs(run.id))}</td></tr>
<tr><th>Ended</th><td>${time(run.ended_at_ms)}</td></tr>
${isRunning && run.attempt > 0 ? html`<tr><th>Next attempt</th><td>${time(run.due_at_ms)}, after ${run.attempt} failed</td></tr>` : null}
</table>
${run.error === null ? null : html`<h2>${isRunning ? 'Last error' : 'Error'}</h2>${jsonBlock(run.error)}`}
${run.output === null ? null : html`<h2>Output</h2>${jsonBlock(run.output)}`}
<h2>Steps</h2>
${steps.length === 0 ? html`<p>No step has been reported yet.</p>` : steps.map(stepDetails)}
${event === undefined ? null : html`<h2>Event</h2>${jsonBlock(event.payload)}`}`,
  );
}

function stepDetails(step: StepFacts): Html {
  const attempts = step.attempts > 1 ? `${step.attempts} attempts` : '';
  const due = step.due_at_ms === null ? null : html`, due ${time(step.due_at_ms)}`;
  return html`<details><summary>${statusMark(step.status)} ${step.name} <span class="quiet">${step.op} ${attempts}</span>${due}</summary>
<p class="quiet">${time(step.created_at_ms)} to ${time(step.ended_at_ms)}</p>
${step.error === null ? null : jsonBlock(step.error)}${step.memo === null || step.error !== null ? null : jsonBlock(step.memo)}
</details>`;
}
