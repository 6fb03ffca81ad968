import type { RegisteredFunction } from '../registry/registered-function.ts';
import { type Html, html } from './html.ts';
import { functionLink } from './links.ts';

/** What is known of an event that has started no run. */
export function noRunsText(options: {
  readonly starters: readonly RegisteredFunction[];
  readonly hasResumed: boolean;
}): Html {
  const { starters, hasResumed } = options;
  if (hasResumed)
    return html`This event has started no run. Runs that waited for it went on with it, see above.`;
  return starters.length === 0
    ? html`This event has not started a run: no function has it as a trigger.`
    : html`This event has not started a run. ${functionLinks(starters)} would be started by it, but a condition, a rate limit, a debounce or a batch may keep that back.`;
}

export function functionLinks(functions: readonly RegisteredFunction[]): Html {
  return html`${functions.map(
    ({ config }, index) => html`${index === 0 ? '' : ', '}${functionLink(config.slug, config.name)}`,
  )}`;
}
