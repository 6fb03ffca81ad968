import type { RunStatus } from '../runs/run.ts';
import { errorBlock, errorReference, isSameError } from './error-view.ts';
import type { Excerpt } from './facts/excerpt.ts';
import type { StepContent, StepRow } from './facts/steps.ts';
import { type Html, html } from './html.ts';
import { paths } from './links.ts';
import { facts, jsonBlock, statusMark, time } from './parts.ts';
import { kindOf, resultOf, waitText } from './step-words.ts';
import { axis, bars, type Scale } from './timeline.ts';
import { countText, durationText } from './words.ts';

/** The element that a run's error stands at. */
export const runErrorId = 'error';

/** What a waterfall of steps is drawn from. */
export interface StepsView {
  readonly runId: string;
  /** From the run's start to its end, or now. */
  readonly scale: Scale;
  readonly runStatus: RunStatus;
  /** The run's own, which stands above the steps. */
  readonly runError: Excerpt | null;
  readonly steps: readonly StepRow[];
  readonly contents: ReadonlyMap<string, StepContent>;
  /** Runs that steps have started, by step id. */
  readonly invokedRuns: ReadonlyMap<string, string>;
  /** When a step that failed within a call is tried again: with that call. */
  readonly nextAttemptMs: number | null;
  readonly nowMs: number;
}

/** Steps as a list, each with its bar, its duration and all that is known about it. */
export function stepList(view: StepsView): Html {
  return html`<div class="waterfall">
<div class="row head"><span class="what">Run</span>${axis(view.scale)}<span class="took">${durationText(view.scale.toMs - view.scale.fromMs)}</span>${bars(view.scale, [{ ...view.scale, kind: view.runStatus }])}</div>
<ol class="steps">${view.steps.map((step) => stepItem(view, step))}</ol>
</div>`;
}

function stepItem(view: StepsView, step: StepRow): Html {
  const { scale, nowMs } = view;
  const endMs = step.endedAtMs ?? nowMs;
  const tries =
    step.attempts > 1 ? html` <span class="tries">${countText(step.attempts, 'attempt')}</span>` : null;
  const pending = pendingText(view, step);
  return html`<li id="step-${step.id}"><details>
<summary class="row"><span class="what"><span class="name">${step.name}</span> <span class="kind">${kindOf(step.op)}</span>${tries}</span>
<span class="state">${statusMark(step.status)}</span><span class="took">${durationText(endMs - step.createdAtMs)}</span>
${pending === null ? null : html`<span class="pending">${pending}</span>`}
${bars(scale, [{ fromMs: step.createdAtMs, toMs: endMs, kind: barKind(step) }])}</summary>
<div class="detail">${stepDetail(view, step)}</div>
</details></li>`;
}

const workingOps: readonly string[] = ['StepRun', 'StepError', 'StepFailed', 'StepPlanned'];

/** Time in which the app does nothing is drawn as an outline. */
function barKind({ op, status }: StepRow): string {
  return workingOps.includes(op) ? status : `${status} idle`;
}

function stepDetail(view: StepsView, step: StepRow): Html {
  const { runId, runError, contents, invokedRuns, nowMs, scale } = view;
  const { input = null, output = null, error = null } = contents.get(step.id) ?? {};
  const invokedRunId = invokedRuns.get(step.id);
  const raw = (part: string) => paths.stepPart(runId, step.id, part);
  return html`${facts([
    [
      'Began',
      html`${time(step.createdAtMs, nowMs)}, ${durationText(step.createdAtMs - scale.fromMs)} into the run`,
    ],
    ['Ended', step.endedAtMs === null ? null : time(step.endedAtMs, nowMs)],
    ['Attempts', step.attempts === 0 ? null : step.attempts],
    [step.endedAtMs === null ? 'Waits for' : 'Waited for', waitText(step.waitsFor)],
    [
      'Started run',
      invokedRunId === undefined
        ? null
        : html`<a class="id" href="${paths.run(invokedRunId)}">${invokedRunId}</a>`,
    ],
  ])}
${input === null ? null : html`<h3>Input</h3>${jsonBlock(input, raw('input'))}`}
${error === null ? null : html`<h3>${step.status === 'failed' ? 'Error' : 'Last error'}</h3>${isSameError(error, runError) ? errorReference(error, runErrorId) : errorBlock(error, raw('error'))}`}
${output === null ? null : outputPart(step, output, raw('output'))}`;
}

/** A sleep has no result, and a wait that was in vain has none either. */
function outputPart({ op, waitsFor }: StepRow, output: Excerpt, rawHref: string): Html | null {
  if (op === 'Sleep') return null;
  if (output.text === 'null' && waitsFor !== null) return html`<p>Nothing came in time.</p>`;
  const text = resultOf(output.text, output.isCut);
  return html`<h3>Output</h3>${jsonBlock({ ...output, text }, rawHref)}`;
}

/** What a step that is not finished waits for, and until when; null for one that is finished. */
function pendingText(view: StepsView, step: StepRow): Html | null {
  const { nowMs, nextAttemptMs } = view;
  const { status, dueAtMs, waitsFor } = step;
  const at = (timeMs: number | null) => (timeMs === null || timeMs <= nowMs ? 'soon' : time(timeMs, nowMs));
  switch (status) {
    case 'sleeping':
      return html`wakes ${at(dueAtMs)}`;
    case 'waiting':
      return html`for ${waitText(waitsFor)}, at the latest ${at(dueAtMs)}`;
    case 'retrying':
      return html`next attempt ${at(nextAttemptMs)}`;
    case 'planned':
      return step.attempts === 0 ? null : html`next attempt ${at(dueAtMs)}`;
    default:
      return null;
  }
}
