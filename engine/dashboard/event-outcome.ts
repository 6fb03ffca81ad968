import type { RegisteredFunction } from '../registry/registered-function.ts';
import { type Html, html } from './html.ts';
import { functionLink, paths } from './links.ts';

/** What is known of an event that has started no run. */
export function noRunsText(options: {
  readonly starters: readonly RegisteredFunction[];
  readonly cancelled: readonly RegisteredFunction[];
  readonly hasResumed: boolean;
}): Html {
  const { starters, cancelled, hasResumed } = options;
  if (hasResumed)
    return html`This event has started no run. Runs that waited for it went on with it, see above.`;
  if (starters.length === 0 && cancelled.length > 0) {
    const links = cancelled.map(
      ({ config }) =>
        html` <a href="${paths.runs({ function: config.slug, status: 'cancelled' })}">Cancelled runs of ${config.name}</a>.`,
    );
    return html`This event starts no run; it cancels runs that fit.${links}`;
  }
  return starters.length === 0
    ? html`This event has not started a run: no function has it as a trigger.`
    : html`This event has not started a run. ${functionLinks(starters)} would be started by it, but a condition, a rate limit, a debounce or a batch may keep that back.`;
}

export function functionLinks(functions: readonly RegisteredFunction[]): Html {
  return html`${functions.map(
    ({ config }, index) => html`${index === 0 ? '' : ', '}${functionLink(config.slug, config.name)}`,
  )}`;
}
