import { isEndpoint } from '../endpoints/endpoint-function.ts';
import type { FunctionConfig } from '../registry/function-config.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import { type Html, html, type Part } from './html.ts';
import { countText, durationText } from './words.ts';

/** A function's settings in words, as far as it has any: pairs of a name and what it says. */
export function configurationFacts(
  config: FunctionConfig,
): readonly (readonly [name: string, value: Part])[] {
  const { retries, concurrency, throttle, rateLimit, idempotency, debounce, batch } = config;
  const { priority, singleton, timeouts, cancels } = config;
  return [
    ['Retries', retries === 0 ? 'none' : `up to ${retries}`],
    ['Concurrency', lines(concurrency.map(concurrencyText))],
    [
      'Throttle',
      throttle && html`${startsText(throttle)}${burstText(throttle.burst)}${perKey(throttle.key)}`,
    ],
    ['Rate limit', rateLimit && html`${startsText(rateLimit)}, more are dropped${perKey(rateLimit.key)}`],
    ['Idempotency', idempotency && html`one run a day${perKey(idempotency)}`],
    ['Debounce', debounce && html`${debounceText(debounce)}${perKey(debounce.key)}`],
    ['Batch', batch && batchText(batch)],
    ['Priority', priority && html`earlier by ${code(priority)} seconds`],
    ['Singleton', singleton && html`${singletonTexts[singleton.mode]}${perKey(singleton.key)}`],
    ['Has to start', timeouts.startMs === null ? null : `within ${durationText(timeouts.startMs)}`],
    ['Has to end', timeouts.finishMs === null ? null : `within ${durationText(timeouts.finishMs)}`],
    ['Cancelled by', lines(cancels.map(cancelText))],
  ];
}

/** What starts a function. */
export function startersOf(fn: RegisteredFunction): Part {
  if (isEndpoint(fn)) return 'requests to the endpoint';
  const { config } = fn;
  const starters = [
    ...config.eventTriggers.map(({ event, expression }) => html`${code(event)}${onlyIf(expression)}`),
    ...config.cronTriggers.map(
      ({ cron, jitterMs }) =>
        html`${code(cron)}${jitterMs === null ? null : `, up to ${durationText(jitterMs)} later`}`,
    ),
  ];
  return lines(starters) ?? 'invoking it';
}

type Limit = { readonly limit: number; readonly periodMs: number };

function startsText({ limit, periodMs }: Limit): string {
  return `${countText(limit, 'start')} in ${durationText(periodMs)}`;
}

function burstText(burst: number): string {
  return burst === 0 ? '' : `, ${burst} more at once`;
}

const scopeTexts = {
  fn: '',
  env: ', shared by all functions',
  account: ', shared by all functions',
} as const;

function concurrencyText({ limit, key, scope }: FunctionConfig['concurrency'][number]): Html {
  return html`${countText(limit, 'step')} at a time${perKey(key)}${scopeTexts[scope]}`;
}

function debounceText({ periodMs, timeoutMs }: NonNullable<FunctionConfig['debounce']>): string {
  const most = timeoutMs === null ? '' : `, at most ${durationText(timeoutMs)} after the first`;
  return `${durationText(periodMs)} after the last event${most}`;
}

function batchText({ maxSize, timeoutMs, key, condition }: NonNullable<FunctionConfig['batch']>): Html {
  return html`${maxSize} events, or all after ${durationText(timeoutMs)}${perKey(key)}${onlyIf(condition)}`;
}

const singletonTexts = {
  skip: 'one run at a time, more are skipped',
  cancel: 'one run at a time, a new one cancels it',
} as const;

function cancelText({ event, expression, timeoutMs, untilMs }: FunctionConfig['cancels'][number]): Html {
  const within = timeoutMs === null ? null : `, within ${durationText(timeoutMs)}`;
  const until = untilMs === null ? null : `, until ${new Date(untilMs).toISOString()}`;
  return html`${code(event)}${onlyIf(expression)}${within}${until}`;
}

function perKey(key: string | null): Html | null {
  return key === null ? null : html`, for each ${code(key)}`;
}

function onlyIf(expression: string | null): Html | null {
  return expression === null ? null : html` if ${code(expression)}`;
}

function code(text: string): Html {
  return html`<code>${text}</code>`;
}

/** One below the other; null when there is none. */
function lines(items: readonly Html[]): Html | null {
  return items.length === 0
    ? null
    : html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}
