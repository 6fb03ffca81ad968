import { idTimeMs } from '../../protocol/ids.ts';
import { invokerOf } from '../../waits/invoke.ts';
import { errorBlock } from '../error-view.ts';
import type { EventDetail } from '../facts/event.ts';
import type { Relatives } from '../facts/related-runs.ts';
import type { RunDetail } from '../facts/run.ts';
import type { StepContent, StepRow } from '../facts/steps.ts';
import { actionButton } from '../forms.ts';
import { type Html, html } from '../html.ts';
import { renderPage } from '../layout.ts';
import { eventLink, paths, relatedRunLinks, runLink } from '../links.ts';
import { empty, facts, jsonBlock, pageHead, statusMark, time } from '../parts.ts';
import { timesOf } from '../run-times.ts';
import { runErrorId, stepList } from '../steps-view.ts';
import type { Scale } from '../timeline.ts';
import { awayWarning } from '../warning.ts';
import { countText, durationText } from '../words.ts';

export interface RunPage {
  readonly run: RunDetail;
  readonly event: EventDetail;
  readonly relatives: Relatives;
  /** The steps that are shown, and how many there are before and in all. */
  readonly steps: readonly StepRow[];
  readonly firstStep: number;
  readonly stepCount: number;
  readonly contents: ReadonlyMap<string, StepContent>;
  readonly invokedRuns: ReadonlyMap<string, string>;
  /** Why its app does not answer; null if it does. */
  readonly awayReason: string | null;
  /** Its function is still there. */
  readonly hasFunction: boolean;
  /** Its function can be started by a person. */
  readonly mayRepeat: boolean;
  readonly nowMs: number;
}

/** Thousands of steps are not read every second. */
function liveMs(stepCount: number): number {
  return stepCount > 500 ? 5_000 : 1_000;
}

export const stepsPerPage = 200;

/** A run: what it was started by, how it went step by step, and how it ended. */
export function runPage(page: RunPage): string {
  const { run, event, relatives, awayReason, hasFunction, mayRepeat, nowMs } = page;
  const isRunning = run.status === 'running';
  return renderPage({
    title: `${run.functionName}: ${run.status}`,
    place: '/runs',
    liveMs: isRunning ? liveMs(page.stepCount) : null,
    content: html`${pageHead(run.functionName, actions(run, mayRepeat))}
${isRunning && awayReason !== null ? awayWarning(awayReason) : null}
${facts([
  ['Status', html`<span role="status">${statusMark(run.status)}</span>`],
  ['Function', hasFunction ? html`<a href="${paths.function(run.slug)}">${run.slug}</a>` : run.slug],
  ['Event', eventLink(run.eventId, run.eventName)],
  ['Batch', batchLinks(run.batchEventIds)],
  ['Invoked by', invokerLink(event)],
  ['Other runs of the event', siblingLinks(relatives)],
  ['Its end started', relatedRunLinks(relatives.followers)],
  ...timeFacts(run, nowMs),
  ['Run', html`<span class="id">${run.id}</span>`],
])}
${run.error === null ? null : html`<h2 id="${runErrorId}">${isRunning ? 'Error of the last attempt' : 'Error'}</h2>${errorBlock(run.error, paths.runPart(run.id, 'error'))}`}
<h2>Steps</h2>
${stepsOf(page)}
${run.output === null ? null : html`<h2>Output</h2>${jsonBlock(run.output, paths.runPart(run.id, 'output'))}`}
<h2>${run.batchEventIds === null ? 'Event' : 'First event'}</h2>
${event.payload === null ? null : jsonBlock(event.payload, paths.payload(event.id))}`,
  });
}

function actions(run: RunDetail, mayRepeat: boolean): Html | null {
  if (run.status === 'running') {
    return html`<a class="button" href="${paths.runPart(run.id, 'cancel')}">Cancel</a>`;
  }
  return mayRepeat ? actionButton('Run again', paths.runPart(run.id, 'again')) : null;
}

function timeFacts(run: RunDetail, nowMs: number): readonly (readonly [string, Html | string | null])[] {
  const { startedAtMs, endedAtMs, dueAtMs, attempt, status } = run;
  const { createdMs, queuedMs, tookMs } = timesOf(run, nowMs);
  const notStarted = endedAtMs === null ? 'not yet' : 'never';
  const isRetrying = status === 'running' && attempt > 0 && dueAtMs !== null;
  return [
    ['Created', time(createdMs, nowMs)],
    ['Queued for', durationText(queuedMs)],
    ['Started', startedAtMs === null ? notStarted : time(startedAtMs, nowMs)],
    ['Ended', endedAtMs === null ? null : time(endedAtMs, nowMs)],
    [endedAtMs === null ? 'Running for' : 'Took', tookMs === null ? null : durationText(tookMs)],
    [
      'Next attempt',
      isRetrying ? html`${time(dueAtMs, nowMs)}, after ${countText(attempt, 'failed attempt')}` : null,
    ],
  ];
}

function stepsOf(page: RunPage): Html {
  const { run, steps, firstStep, stepCount, contents, invokedRuns, nowMs } = page;
  if (stepCount === 0) {
    return empty(run.status === 'running' ? 'No step has been reported yet.' : 'This run had no steps.');
  }
  const scale: Scale = { fromMs: run.startedAtMs ?? idTimeMs(run.id), toMs: run.endedAtMs ?? nowMs };
  const list = stepList({
    runId: run.id,
    scale,
    runStatus: run.status,
    runError: run.error,
    steps,
    contents,
    invokedRuns,
    nextAttemptMs: run.dueAtMs,
    nowMs,
  });
  return html`${list}${stepPager(run.id, firstStep, stepCount)}`;
}

function stepPager(runId: string, firstStep: number, stepCount: number): Html | null {
  if (stepCount <= stepsPerPage) return null;
  const last = Math.min(firstStep + stepsPerPage, stepCount);
  const link = (first: number, text: string) =>
    html`<a class="button" href="${paths.run(runId)}?steps=${first}">${text}</a>`;
  return html`<nav class="pager" aria-label="More steps">
<span>Steps ${firstStep + 1} to ${last} of ${stepCount.toLocaleString('en')}</span>
${firstStep === 0 ? null : link(Math.max(0, firstStep - stepsPerPage), 'Earlier')}${last === stepCount ? null : link(last, 'Later')}
</nav>`;
}

/** The events of a batch. */
function batchLinks(eventIds: readonly string[] | null): Html | null {
  if (eventIds === null) return null;
  const links = eventIds.map((id) => html`<li><a class="id" href="${paths.event(id)}">${id}</a></li>`);
  return html`<details><summary>${countText(eventIds.length, 'event')}</summary><ul class="plain">${links}</ul></details>`;
}

/** Runs of the same function with the same event, as when somebody ran it again. */
function siblingLinks({ siblings }: Relatives): Html | null {
  if (siblings.length === 0) return null;
  return html`<ul class="plain">${siblings.map(({ id }) => html`<li>${runLink(id)}</li>`)}</ul>`;
}

/** The run whose step started this one; it stands in the event that the engine made for that. */
function invokerLink({ payload }: EventDetail): Html | null {
  if (payload === null || payload.isCut) return null;
  const invoker = invokerOf(JSON.parse(payload.text));
  return invoker && html`<a class="id" href="${paths.run(invoker.runId)}">${invoker.runId}</a>`;
}
