import { type Html, html } from './html.ts';
import { durationText } from './words.ts';

/** The span of time that a waterfall shows. */
export interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  /** A class of its colour. */
  readonly kind: string;
}

const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

/** Bars within the scale. It says nothing that is not written beside it too. */
export function bars(scale: Scale, items: readonly Bar[]): Html {
  return html`<svg class="bars" aria-hidden="true" width="100%" height="14">${items.map((item) => {
    const { left, width } = place(scale, item);
    return html`<rect class="${item.kind}" x="${percent(left)}" width="${percent(width)}" y="3" height="8" rx="2"/>`;
  })}</svg>`;
}

/** A bar of no time at all is seen too: with its outline it is 2 pixels wide or more, also on phones. */
const shortestPart = 0.005;

/** Where a bar begins and how long it is, as parts of the scale. What sticks out is cut off. */
export function place(scale: Scale, bar: Pick<Bar, 'fromMs' | 'toMs'>): { left: number; width: number } {
  const spanMs = Math.max(1, scale.toMs - scale.fromMs);
  const part = (timeMs: number) => Math.min(1, Math.max(0, (timeMs - scale.fromMs) / spanMs));
  const width = Math.max(shortestPart, part(bar.toMs) - part(bar.fromMs));
  return { left: Math.min(part(bar.fromMs), 1 - width), width };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}

/** The times that the grid behind the bars stands for, counted from the beginning. */
export function axis(scale: Scale): Html {
  const spanMs = scale.toMs - scale.fromMs;
  return html`<div class="axis" aria-hidden="true">${ticks.map((tick) => html`<span>${durationText(spanMs * tick)}</span>`)}</div>`;
}
